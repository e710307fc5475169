package io.vit4j.synth;

import io.vit4j.base.RandomKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * What one finding does to a picture. The three steps are called in this order; each is free to do nothing. Where a
 * finding sits belongs to the patient (so that follow-ups find it again); how far it has come belongs to the picture.
 */
interface Sign {
    /** Changes the chest's measures, before its outlines are drawn. */
    default void shape(Thorax thorax) {}

    /** Takes air out of the lungs, or adds some. */
    default void fill(Thorax thorax, Lungs lungs) {}

    /** Draws what has edges. */
    default void draw(Thorax thorax, Lungs lungs, AttenuationMap canvas) {}

    /** The signs of these findings: first the lungs', then air around them, last what lies in that air. */
    static List<Sign> of(Set<Finding> findings, RandomKey patient, RandomKey picture) {
        List<Sign> signs = new ArrayList<>();
        List<Finding> order = new ArrayList<>(List.of(Finding.values()));
        List<Finding> pleural = List.of(Finding.PNEUMOTHORAX, Finding.EFFUSION, Finding.PLEURAL_THICKENING);
        order.removeAll(pleural);
        order.addAll(pleural);
        for (Finding finding : order) {
            if (findings.contains(finding)) {
                RandomKey.Stream place = patient.with("place").with(finding.label()).stream();
                RandomKey.Stream course = picture.with("course").with(finding.label()).stream();
                signs.add(of(finding, place, course));
            }
        }
        return signs;
    }

    private static Sign of(Finding finding, RandomKey.Stream place, RandomKey.Stream course) {
        return switch (finding) {
            case ATELECTASIS -> new AirspaceSigns.Atelectasis(place, course);
            case CARDIOMEGALY -> new DiffuseSigns.Cardiomegaly(course);
            case CONSOLIDATION -> new AirspaceSigns.Consolidation(place, course);
            case EDEMA -> new AirspaceSigns.Edema(course);
            case EFFUSION -> new PleuralSigns.Effusion(place, course);
            case EMPHYSEMA -> new DiffuseSigns.Emphysema(place, course);
            case FIBROSIS -> new DiffuseSigns.Fibrosis(place, course);
            case HERNIA -> new FocalSigns.Hernia(place, course);
            case INFILTRATION -> new AirspaceSigns.Infiltration(place, course);
            case MASS -> new FocalSigns.Mass(place, course);
            case NODULE -> new FocalSigns.Nodule(place, course);
            case PLEURAL_THICKENING -> new PleuralSigns.Thickening(place, course);
            case PNEUMONIA -> new AirspaceSigns.Pneumonia(place, course);
            case PNEUMOTHORAX -> new PleuralSigns.Pneumothorax(place, course);
        };
    }

    /** How far the finding has come, from faint (0) to plain (1); plain ones are commoner. */
    static float severity(RandomKey.Stream course) {
        return (float) Math.pow(course.nextDouble(), 0.6);
    }
}
