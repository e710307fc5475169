package io.vit4j.data;

/** The record batches of a data set, numbered from the first row on, in one Arrow file or in several. For any number of threads. */
interface ArrowBatches extends AutoCloseable {
    /** What is true of the whole. */
    DatasetInfo info();

    /** Rows of all batches. */
    int rows();

    int batchCount();

    /** The first row of a batch; of the number after the last batch, the number of rows. */
    int startRow(int batch);

    /** The batch that holds a row. */
    int batchOf(int row);

    /** Reads a batch's small columns, verified. */
    BatchColumns columns(int batch);

    /** Reads all pixels of a batch and compares them with their sum. */
    void verifyPixels(int batch);

    /** The number of the file that holds a row, from 0. */
    int fileOf(int row);

    @Override
    void close();
}
