package io.vit4j.dicom;

import java.util.HashMap;
import java.util.Map;

/** Tag and value representation of the attributes that are written, or read by keyword (PS3.6, and PS3.7 annex E). */
final class DataDictionary {
    private static final String TABLE = """
            00000000 UL CommandGroupLength
            00000002 UI AffectedSOPClassUID
            00000003 UI RequestedSOPClassUID
            00000100 US CommandField
            00000110 US MessageID
            00000120 US MessageIDBeingRespondedTo
            00000700 US Priority
            00000800 US CommandDataSetType
            00000900 US Status
            00001000 UI AffectedSOPInstanceUID
            00001001 UI RequestedSOPInstanceUID
            00001002 US EventTypeID
            00001008 US ActionTypeID
            00020000 UL FileMetaInformationGroupLength
            00020001 OB FileMetaInformationVersion
            00020002 UI MediaStorageSOPClassUID
            00020003 UI MediaStorageSOPInstanceUID
            00020010 UI TransferSyntaxUID
            00020012 UI ImplementationClassUID
            00020013 SH ImplementationVersionName
            00080005 CS SpecificCharacterSet
            00080008 CS ImageType
            00080012 DA InstanceCreationDate
            00080013 TM InstanceCreationTime
            00080016 UI SOPClassUID
            00080018 UI SOPInstanceUID
            00080020 DA StudyDate
            00080023 DA ContentDate
            00080030 TM StudyTime
            00080033 TM ContentTime
            00080050 SH AccessionNumber
            00080060 CS Modality
            00080064 CS ConversionType
            00080070 LO Manufacturer
            00080090 PN ReferringPhysicianName
            00080100 SH CodeValue
            00080102 SH CodingSchemeDesignator
            00080104 LO CodeMeaning
            00080105 CS MappingResource
            00080119 UC LongCodeValue
            00080121 SQ EquivalentCodeSequence
            00080201 SH TimezoneOffsetFromUTC
            00081030 LO StudyDescription
            0008103E LO SeriesDescription
            00081090 LO ManufacturerModelName
            00081111 SQ ReferencedPerformedProcedureStepSequence
            00081115 SQ ReferencedSeriesSequence
            00081150 UI ReferencedSOPClassUID
            00081155 UI ReferencedSOPInstanceUID
            00081160 IS ReferencedFrameNumber
            00081195 UI TransactionUID
            00081197 US FailureReason
            00081198 SQ FailedSOPSequence
            00081199 SQ ReferencedSOPSequence
            00082111 ST DerivationDescription
            00082112 SQ SourceImageSequence
            00100010 PN PatientName
            00100020 LO PatientID
            00100021 LO IssuerOfPatientID
            00100030 DA PatientBirthDate
            00100040 CS PatientSex
            00101010 AS PatientAge
            00180015 CS BodyPartExamined
            00181000 LO DeviceSerialNumber
            00181020 LO SoftwareVersions
            00185101 CS ViewPosition
            0020000D UI StudyInstanceUID
            0020000E UI SeriesInstanceUID
            00200010 SH StudyID
            00200011 IS SeriesNumber
            00200013 IS InstanceNumber
            00200020 CS PatientOrientation
            00200060 CS Laterality
            00200062 CS ImageLaterality
            00204000 LT ImageComments
            00280002 US SamplesPerPixel
            00280004 CS PhotometricInterpretation
            00280006 US PlanarConfiguration
            00280008 IS NumberOfFrames
            00280010 US Rows
            00280011 US Columns
            00280100 US BitsAllocated
            00280101 US BitsStored
            00280102 US HighBit
            00280103 US PixelRepresentation
            00280301 CS BurnedInAnnotation
            0040A010 CS RelationshipType
            0040A040 CS ValueType
            0040A043 SQ ConceptNameCodeSequence
            0040A050 CS ContinuityOfContent
            0040A124 UI UID
            0040A121 DA Date
            0040A160 UT TextValue
            0040A168 SQ ConceptCodeSequence
            0040A170 SQ PurposeOfReferenceCodeSequence
            0040A300 SQ MeasuredValueSequence
            0040A30A DS NumericValue
            004008EA SQ MeasurementUnitsCodeSequence
            0040A372 SQ PerformedProcedureCodeSequence
            0040A375 SQ CurrentRequestedProcedureEvidenceSequence
            0040A491 CS CompletionFlag
            0040A493 CS VerificationFlag
            0040A496 CS PreliminaryFlag
            0040A504 SQ ContentTemplateSequence
            0040A730 SQ ContentSequence
            0040DB00 CS TemplateIdentifier
            00540220 SQ ViewCodeSequence
            7FE00010 OB PixelData
            """;

    private static final Map<String, Entry> BY_KEYWORD = new HashMap<>();

    /** Where an attribute is, and how its value is represented. */
    record Entry(int tag, String vr) {}

    static {
        TABLE.lines().forEach(line -> {
            String[] parts = line.split(" ");
            BY_KEYWORD.put(parts[2], new Entry(Integer.parseUnsignedInt(parts[0], 16), parts[1]));
        });
    }

    private DataDictionary() {}

    /** Its entry; IllegalArgumentException if it has none. */
    static Entry of(String keyword) {
        Entry entry = BY_KEYWORD.get(keyword);
        if (entry == null) {
            throw new IllegalArgumentException(keyword + " is not in the dictionary");
        }
        return entry;
    }
}
