package io.vit4j.train.engine;

import io.vit4j.model.ModelDefinition;
import io.vit4j.model.Parameters;
import io.vit4j.parallel.BlockRange;
import io.vit4j.parallel.BucketPlan;
import java.util.ArrayList;
import java.util.List;

/** How a stage's gradients are grouped to be summed over replicas. */
final class GradientBuckets {
    private GradientBuckets() {}

    /** One part a block, from the last to the first that has trained weights, in the order of backward. */
    static BucketPlan of(ModelDefinition config, Parameters weights, BlockRange range, double mebibytes) {
        List<BucketPlan.BucketPart> parts = new ArrayList<>();
        long end = weights.trainedSize();
        List<Parameters.Entry> trained = weights.trained();
        for (int block = range.end() - 1; block >= range.first() && end > 0; block--) {
            List<String> names = config.blocks().get(block).weights().stream()
                    .map(spec -> spec.name())
                    .toList();
            long first = trained.stream()
                    .filter(entry -> names.contains(entry.name()))
                    .mapToLong(Parameters.Entry::offset)
                    .min()
                    .orElse(end);
            parts.add(new BucketPlan.BucketPart("block " + block, first, end - first));
            end = first;
        }
        return BucketPlan.of(parts, mebibytes);
    }
}
