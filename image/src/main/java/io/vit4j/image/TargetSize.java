package io.vit4j.image;

import io.vit4j.base.JsonObject;

/** What {@code size} of {@code preprocessor_config.json} asks for. */
sealed interface TargetSize {
    /** The size that a picture of that height and width is resized to. */
    Fixed of(int height, int width);

    /** The same in that proportion; of an edge whose side is not known, in the greater one. */
    TargetSize scaled(double rows, double columns);

    private static int times(int length, double proportion) {
        return Math.max(1, (int) Math.min(Integer.MAX_VALUE, Math.rint(length * proportion)));
    }

    /** The value of {@code size}. */
    JsonObject toJson();

    /** {@code {"height": h, "width": w}}: always the same. */
    record Fixed(int height, int width) implements TargetSize {
        @Override
        public Fixed of(int height, int width) {
            return this;
        }

        @Override
        public Fixed scaled(double rows, double columns) {
            return new Fixed(times(height, rows), times(width, columns));
        }

        @Override
        public JsonObject toJson() {
            return JsonObject.empty().with("height", height).with("width", width);
        }
    }

    /** {@code {"shortest_edge": e}}: the shorter edge gets that length, the longer one follows. */
    record ShortestEdge(int length) implements TargetSize {
        @Override
        public Fixed of(int height, int width) {
            // as transformers' get_resize_output_image_size: the quotient is cut, not rounded
            double longer = (double) ((long) length * Math.max(height, width)) / Math.min(height, width);
            return width <= height ? new Fixed((int) longer, length) : new Fixed(length, (int) longer);
        }

        @Override
        public ShortestEdge scaled(double rows, double columns) {
            return new ShortestEdge(times(length, Math.max(rows, columns)));
        }

        @Override
        public JsonObject toJson() {
            return JsonObject.empty().with("shortest_edge", length);
        }
    }

    /** {@code {"shortest_edge": e, "longest_edge": l}}: the same, but the longer edge at most that long. */
    record EdgeLimits(int shortest, int longest) implements TargetSize {
        @Override
        public Fixed of(int height, int width) {
            // as transformers' get_size_with_aspect_ratio: the shorter edge is rounded, the longer one cut
            double shorter = Math.min(height, width);
            double longer = Math.max(height, width);
            double exact = longer / shorter * shortest > longest ? longest * shorter / longer : shortest;
            int edge = Math.max((int) Math.rint(exact), 1);
            int other = Math.max((int) (exact * longer / shorter), 1);
            if (edge == shorter) {
                return new Fixed(height, width);
            }
            return width < height ? new Fixed(other, edge) : new Fixed(edge, other);
        }

        @Override
        public EdgeLimits scaled(double rows, double columns) {
            double proportion = Math.max(rows, columns);
            return new EdgeLimits(times(shortest, proportion), times(longest, proportion));
        }

        @Override
        public JsonObject toJson() {
            return JsonObject.empty().with("shortest_edge", shortest).with("longest_edge", longest);
        }
    }
}
