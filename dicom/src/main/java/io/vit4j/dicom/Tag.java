package io.vit4j.dicom;

/** The attributes that are read, by group and element (PS3.6). */
final class Tag {
    static final int MEDIA_STORAGE_SOP_CLASS = 0x00020002;
    static final int TRANSFER_SYNTAX = 0x00020010;
    static final int DIRECTORY_RECORDS = 0x00041220;
    static final int RECORD_TYPE = 0x00041430;
    static final int REFERENCED_FILE = 0x00041500;
    static final int CHARACTER_SET = 0x00080005;
    static final int SOP_CLASS = 0x00080016;
    static final int SOP_INSTANCE = 0x00080018;
    static final int ACCESSION_NUMBER = 0x00080050;
    static final int MODALITY = 0x00080060;
    static final int MANUFACTURER = 0x00080070;
    static final int PATIENT_ID = 0x00100020;
    static final int PATIENT_SEX = 0x00100040;
    static final int PATIENT_AGE = 0x00101010;
    static final int IMAGER_PIXEL_SPACING = 0x00181164;
    static final int VIEW_POSITION = 0x00185101;
    static final int STUDY_INSTANCE = 0x0020000D;
    static final int SERIES_INSTANCE = 0x0020000E;
    static final int LATERALITY = 0x00200060;
    static final int IMAGE_LATERALITY = 0x00200062;
    static final int SAMPLES_PER_PIXEL = 0x00280002;
    static final int PHOTOMETRIC_INTERPRETATION = 0x00280004;
    static final int PLANAR_CONFIGURATION = 0x00280006;
    static final int NUMBER_OF_FRAMES = 0x00280008;
    static final int ROWS = 0x00280010;
    static final int COLUMNS = 0x00280011;
    static final int PIXEL_SPACING = 0x00280030;
    static final int BITS_ALLOCATED = 0x00280100;
    static final int BITS_STORED = 0x00280101;
    static final int HIGH_BIT = 0x00280102;
    static final int PIXEL_REPRESENTATION = 0x00280103;
    static final int PIXEL_PADDING = 0x00280120;
    static final int PIXEL_PADDING_LIMIT = 0x00280121;
    static final int WINDOW_CENTER = 0x00281050;
    static final int WINDOW_WIDTH = 0x00281051;
    static final int RESCALE_INTERCEPT = 0x00281052;
    static final int RESCALE_SLOPE = 0x00281053;
    static final int VOI_LUT_FUNCTION = 0x00281056;
    static final int PALETTE_DESCRIPTOR = 0x00281101; // of red; green and blue follow
    static final int PALETTE_DATA = 0x00281201;
    static final int SEGMENTED_PALETTE_DATA = 0x00281221;
    static final int MODALITY_LUT = 0x00283000;
    static final int LUT_DESCRIPTOR = 0x00283002;
    static final int LUT_DATA = 0x00283006;
    static final int VOI_LUT = 0x00283010;
    static final int FRAME_VOI_LUT = 0x00289132;
    static final int PIXEL_VALUE_TRANSFORMATION = 0x00289145;
    static final int PRESENTATION_LUT_SHAPE = 0x20500020;
    static final int SHARED_FUNCTIONAL_GROUPS = 0x52009229;
    static final int PER_FRAME_FUNCTIONAL_GROUPS = 0x52009230;
    static final int VIEW_CODES = 0x00540220;
    static final int EXTENDED_OFFSETS = 0x7FE00001;
    static final int FLOAT_PIXELS = 0x7FE00008;
    static final int DOUBLE_PIXELS = 0x7FE00009;
    static final int PIXELS = 0x7FE00010;
    static final int ITEM = 0xFFFEE000;
    static final int END_OF_ITEM = 0xFFFEE00D;
    static final int END_OF_SEQUENCE = 0xFFFEE0DD;

    private Tag() {}
}
