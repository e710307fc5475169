package io.vit4j.infer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.InputException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A request is accepted whole or not at all, ends at its deadline, and leaves its place to the next. */
@Timeout(60)
class ClassifierRequestsTest {
    private static final Duration LONG = Duration.ofMinutes(1);

    private final ClassifierRequests requests = new ClassifierRequests(3);
    private final List<CompletableFuture<float[]>> computed = new ArrayList<>();

    /** The first logit of each picture, once it is computed. */
    private CompletableFuture<List<Float>> start(int pictures, Duration within) throws Exception {
        CountDownLatch submitted = new CountDownLatch(pictures);
        CompletableFuture<List<Float>> answer = requests.start(
                pictures,
                within,
                i -> {
                    CompletableFuture<float[]> one = new CompletableFuture<>();
                    synchronized (computed) {
                        computed.add(one);
                    }
                    submitted.countDown();
                    return one;
                },
                (i, logits) -> logits.join()[0]);
        if (!answer.isDone()) {
            submitted.await();
        }
        return answer;
    }

    private void computeAll() {
        for (int i = 0; i < computed.size(); i++) {
            computed.get(i).complete(new float[] {i});
        }
    }

    @Test
    void moreThanTheCapacityIsRefusedAndLeavesNothingBehind() throws Exception {
        CompletableFuture<List<Float>> two = start(2, LONG);
        assertThat(requests.pending()).isEqualTo(2);
        assertThatThrownBy(() -> start(2, LONG).join()).hasCauseInstanceOf(RejectedExecutionException.class);
        assertThat(requests.pending()).isEqualTo(2);
        CompletableFuture<List<Float>> one = start(1, LONG);
        computeAll();
        assertThat(two.join()).containsExactlyInAnyOrder(0f, 1f);
        assertThat(one.join()).containsExactly(2f);
        soon(() -> requests.pending() == 0);
    }

    @Test
    void theDeadlineIsKeptAndWhatStillWaitsIsWithdrawn() throws Exception {
        CompletableFuture<List<Float>> late = start(3, Duration.ofMillis(200));
        assertThatThrownBy(late::join)
                .isInstanceOf(CompletionException.class)
                .hasCauseInstanceOf(TimeoutException.class);
        soon(() -> requests.pending() == 0);
        assertThat(computed).hasSize(3);
        soon(() -> computed.stream().allMatch(CompletableFuture::isCancelled));
    }

    @Test
    void aDeadlineThatHasPassedFailsAtOnce() throws Exception {
        for (Duration passed : List.of(Duration.ZERO, Duration.ofNanos(-1), Duration.ofSeconds(Long.MIN_VALUE))) {
            CompletableFuture<List<Float>> late = requests.start(
                    1, passed, i -> CompletableFuture.completedFuture(new float[1]), (i, logits) -> logits.join()[0]);
            assertThat(late).isCompletedExceptionally();
            assertThatThrownBy(late::join).hasCauseInstanceOf(TimeoutException.class);
            soon(() -> requests.pending() == 0);
        }
        CompletableFuture<List<Float>> forever = start(1, Duration.ofSeconds(Long.MAX_VALUE));
        computeAll();
        assertThat(forever.join()).containsExactly(0f);
    }

    /** A picture of an ensemble or with several views is computed in parts. */
    @Test
    void theDeadlineWithdrawsEveryPartOfAPicture() {
        List<CompletableFuture<float[]>> parts = List.of(new CompletableFuture<>(), new CompletableFuture<>());
        CompletableFuture<List<Integer>> late = requests.start(
                1,
                Duration.ofMillis(100),
                i -> ClassifierPictures.together(parts, () -> new float[0]),
                (i, logits) -> logits.join().length);
        assertThatThrownBy(late::join).hasCauseInstanceOf(TimeoutException.class);
        soon(() -> parts.stream().allMatch(CompletableFuture::isCancelled));
    }

    @Test
    void whatIsWrongWithAPictureIsTheRequestsFault() {
        CompletableFuture<List<Float>> wrong = requests.start(
                1,
                LONG,
                i -> {
                    throw new InputException("no picture");
                },
                (i, logits) -> logits.join()[0]);
        assertThatThrownBy(wrong::join).hasCauseInstanceOf(InputException.class).hasMessageContaining("no picture");
        soon(() -> requests.pending() == 0);
    }

    @Test
    void closingWaitsForWhatWasAccepted() throws Exception {
        CompletableFuture<List<Float>> one = start(1, LONG);
        CompletableFuture<Void> closing = CompletableFuture.runAsync(requests::close);
        Thread.sleep(50);
        assertThat(closing).isNotDone();
        computeAll();
        closing.join();
        assertThat(one).isDone();
        assertThatThrownBy(() -> start(1, LONG)).isInstanceOf(IllegalStateException.class);
    }

    /** Who waits for a future may wake before what else was to follow it has been done. */
    private static void soon(BooleanSupplier holds) {
        long until = System.nanoTime() + LONG.toNanos();
        while (!holds.getAsBoolean()) {
            assertThat(System.nanoTime()).isLessThan(until);
            Thread.onSpinWait();
        }
    }
}
