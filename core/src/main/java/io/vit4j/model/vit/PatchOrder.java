package io.vit4j.model.vit;

import io.vit4j.model.Context;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** The order in which a masked autoencoder puts the patches of a picture: those that are seen first. */
final class PatchOrder {
    private PatchOrder() {}

    /**
     * The patches by their noise, ascending.
     *
     * @return {@code [batch, patches]} int64
     */
    static Tensor shuffled(Context context, int patches) {
        Tensor labels = context.labels()
                .orElseThrow(() -> new IllegalStateException(
                        "a masked autoencoder is walked with noise for every patch among the labels"));
        return torch.argsort(labels.narrow(1, 0, patches), true, 1, false);
    }

    /**
     * Where each patch is in that order.
     *
     * @return {@code [batch, patches]} int64
     */
    static Tensor restored(Context context, int patches) {
        return torch.argsort(shuffled(context, patches), true, 1, false);
    }

    /**
     * Rows by number.
     *
     * @param rows {@code [batch, n, numbers]}
     * @param order {@code [batch, m]} int64
     * @return {@code [batch, m, numbers]}
     */
    static Tensor take(Tensor rows, Tensor order) {
        return rows.gather(1, order.unsqueeze(2).expand(order.size(0), order.size(1), rows.size(2)));
    }
}
