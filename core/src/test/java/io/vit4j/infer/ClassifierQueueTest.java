package io.vit4j.infer;

import static org.assertj.core.api.Assertions.assertThat;

import io.vit4j.infer.ClassifierQueue.Waiting;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

/** Callers who come back together are walked together; who comes alone does not wait. */
class ClassifierQueueTest {
    private static final int LANES = 2;
    private static final int PIECE = 4;
    private static final long AN_HOUR = TimeUnit.HOURS.toNanos(1);

    private final ClassifierQueue queue = new ClassifierQueue();

    private void callers(int count) {
        for (int i = 0; i < count; i++) {
            queue.add(new Waiting(new float[0], new long[] {1, 3, 0, 0}, new CompletableFuture<>()));
        }
    }

    private List<Waiting> take(long patience) throws Exception {
        return taking(patience).get(1, TimeUnit.MINUTES);
    }

    private CompletableFuture<List<Waiting>> taking(long patience) {
        return CompletableFuture.supplyAsync(() -> queue.take(LANES, PIECE, patience));
    }

    private void answer(List<Waiting> round) {
        round.forEach(waiting -> queue.answer(waiting, new float[0]));
    }

    private static void assertWaits(CompletableFuture<List<Waiting>> taking) throws Exception {
        try {
            assertThat(taking.get(50, TimeUnit.MILLISECONDS)).as("taken").isNull();
        } catch (TimeoutException e) {
            assertThat(taking).isNotDone();
        }
    }

    @Test
    void theFirstOneBackWaitsForTheOthers() throws Exception {
        callers(8);
        answer(take(0));
        callers(1);
        CompletableFuture<List<Waiting>> round = taking(AN_HOUR);
        assertWaits(round);
        callers(7);
        assertThat(round.get(1, TimeUnit.MINUTES)).hasSize(8);
    }

    @Test
    void callersLeftBehindAreCountedToo() throws Exception {
        callers(7);
        List<Waiting> six = take(0); // a like share for both lanes; one stays
        callers(1); // an eighth, while those are walked
        answer(six);
        CompletableFuture<List<Waiting>> round = taking(AN_HOUR);
        assertWaits(round);
        callers(6);
        assertThat(round.get(1, TimeUnit.MINUTES)).hasSize(8);
    }

    @Test
    void oneCallerAloneNeverWaits() throws Exception {
        callers(1);
        answer(take(AN_HOUR));
        callers(1);
        assertThat(take(AN_HOUR)).hasSize(1);
    }

    @Test
    void noMoreAreWaitedForThanARoundHolds() throws Exception {
        callers(20);
        answer(take(0));
        assertThat(take(AN_HOUR)).hasSize(LANES * PIECE); // of the twelve that are left
    }

    @Test
    void whoeverStaysAwayIsWaitedForOnceAndNotLong() throws Exception {
        callers(2);
        answer(take(0));
        callers(1);
        answer(take(1));
        callers(1);
        assertThat(take(AN_HOUR)).hasSize(1);
    }

    @Test
    void whatWaitsIsTakenAfterTheEndAndThenNothing() throws Exception {
        callers(8);
        answer(take(0));
        callers(3);
        queue.close();
        assertThat(take(AN_HOUR)).hasSize(2);
        assertThat(take(AN_HOUR)).hasSize(1);
        assertThat(take(AN_HOUR)).isEmpty();
    }
}
