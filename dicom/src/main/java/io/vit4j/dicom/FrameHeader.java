package io.vit4j.dicom;

import java.util.List;

/** Where the grey transformations of a frame stand: in the data set, or in the functional groups of a multi-frame object. */
record FrameHeader(DataSet transformation, DataSet window) {
    static FrameHeader of(DataSet dataSet, int frame) {
        List<DataSet> perFrame = dataSet.items(Tag.PER_FRAME_FUNCTIONAL_GROUPS);
        DataSet shared = dataSet.item(Tag.SHARED_FUNCTIONAL_GROUPS);
        DataSet own = frame < perFrame.size() ? perFrame.get(frame) : shared;
        return new FrameHeader(
                found(dataSet, own, shared, Tag.PIXEL_VALUE_TRANSFORMATION, Tag.RESCALE_SLOPE),
                found(dataSet, own, shared, Tag.FRAME_VOI_LUT, Tag.WINDOW_CENTER));
    }

    private static DataSet found(DataSet dataSet, DataSet own, DataSet shared, int group, int attribute) {
        for (DataSet where : List.of(own, shared)) {
            DataSet item = where.item(group);
            if (item.has(attribute)) {
                return item;
            }
        }
        return dataSet;
    }
}
