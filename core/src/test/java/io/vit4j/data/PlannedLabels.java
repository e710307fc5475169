package io.vit4j.data;

import java.util.List;
import java.util.Optional;

/** What {@code prepare} does with a label file before it reads the first image. */
public final class PlannedLabels {
    private static final ImageSource.ByName FILES = new ImageSource.ByName() {
        @Override
        public List<String> names() {
            return List.of("images/a.png", "images/b.png", "c/a.png", "d.jpg", "é.tif");
        }

        @Override
        public byte[] read(String name) {
            return new byte[0];
        }

        @Override
        public String fingerprint(String name) {
            return name;
        }

        @Override
        public String description() {
            return "five files";
        }
    };

    private PlannedLabels() {}

    /** Labels, images and sides of the split; gives how many rows have an image. */
    public static int of(LabelTable table, Problems problems) {
        PreparePlan plan = PreparePlan.make(
                table,
                FILES,
                Optional.empty(),
                Split.usual(table, Split.By.PATIENT, 42),
                true,
                Optional.empty(),
                problems);
        for (int i = 0; i < plan.rows().size(); i++) {
            plan.stored(i);
        }
        plan.digest(0, plan.rows().size());
        problems.remarks();
        return plan.rows().size();
    }
}
