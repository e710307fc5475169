package io.vit4j.spark;

import java.io.Serializable;

/**
 * What every rank of a training job is told.
 *
 * @param job tells it from all others
 * @param start what training starts from
 * @param dataset a prepared data set
 * @param datasetName of its copy on an executor's machine
 * @param output the folder of the tuned model and its checkpoints
 * @param arguments the training arguments that are given, as a JSON object, without the output folder
 * @param parallel the parallel configuration as JSON; empty if none is given
 * @param resumes whether a run that the output folder holds is continued
 * @param replacesClassifier whether another classifier than the checkpoint's may be needed
 * @param secret by which the ranks know each other
 * @param localDir where each machine keeps its copies
 */
record RankSettings(
        String job,
        StartFolder start,
        HadoopFolder dataset,
        String datasetName,
        HadoopFolder output,
        String arguments,
        String parallel,
        boolean resumes,
        boolean replacesClassifier,
        String secret,
        String localDir)
        implements Serializable {
    @Override
    public String toString() {
        return "job " + job; // without the secret
    }
}
