package io.vit4j.dicom.network;

/** The numbers of DIMSE's commands and answers that are used (PS3.7, annexes C and E; PS3.4, B.2.3). */
final class Dimse {
    static final String VERIFICATION = "1.2.840.10008.1.1";

    /** Storage commitment, push model, and the instance that is its service. */
    static final String COMMITMENT = "1.2.840.10008.1.20.1";

    static final String COMMITMENT_INSTANCE = "1.2.840.10008.1.20.1.1";

    static final int C_STORE_RQ = 0x0001;
    static final int C_ECHO_RQ = 0x0030;
    static final int N_EVENT_REPORT_RQ = 0x0100;
    static final int N_ACTION_RQ = 0x0130;
    static final int RESPONSE = 0x8000;

    static final int SUCCESS = 0;
    static final int PROCESSING_FAILURE = 0x0110;
    static final int DUPLICATE = 0x0111;
    static final int NO_SUCH_CLASS = 0x0122;
    static final int UNRECOGNISED = 0x0211;
    static final int RESOURCE_LIMITATION = 0x0213;
    static final int OUT_OF_RESOURCES = 0xA700;
    static final int DATA_SET_DOES_NOT_MATCH = 0xA900;
    static final int CANNOT_UNDERSTAND = 0xC000;

    private Dimse() {}
}
