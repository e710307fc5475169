package io.vit4j.serve;

import java.util.concurrent.CompletableFuture;

/** What answers the requests of a route. It may throw an {@link HttpFault}, or let the future fail with one. */
interface Door {
    CompletableFuture<Reply> answer(Call call);

    /** One that has its answer at once. */
    static Door at(java.util.function.Function<Call, Reply> answer) {
        return call -> CompletableFuture.completedFuture(answer.apply(call));
    }
}
