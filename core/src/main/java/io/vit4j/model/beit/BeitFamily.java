package io.vit4j.model.beit;

/**
 * What tells BEiT (Bao et al. 2022) from the vision model of data2vec (Baevski et al. 2022): the network is the same, its names are not.
 *
 * @param modelType in {@code config.json}
 * @param prefix in front of the names of all weights but the classifier's
 * @param architecture transformers' class with a classifier
 * @param title for people
 */
record BeitFamily(String modelType, String prefix, String architecture, String title) {
    static final BeitFamily BEIT = new BeitFamily("beit", "beit", "BeitForImageClassification", "BEiT");
    static final BeitFamily DATA2VEC = new BeitFamily(
            "data2vec-vision", "data2vec_vision", "Data2VecVisionForImageClassification", "data2vec for pictures");
}
