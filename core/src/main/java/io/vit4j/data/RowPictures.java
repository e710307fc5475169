package io.vit4j.data;

import io.vit4j.base.Progress;
import io.vit4j.image.Picture;
import java.io.IOException;

/** The picture of each planned row, wherever its file comes from. For several threads. */
interface RowPictures extends AutoCloseable {
    /** @throws io.vit4j.base.InputException if the image is missing or cannot be read */
    Picture read(int row);

    /** Whether the source has no file for the row, which was not known before it was read. */
    boolean isMissing(int row);

    @Override
    void close();

    /** @param firstRow rows before it are not asked for */
    static RowPictures of(PreparePlan plan, PrepareOptions options, int firstRow, Progress.Factory progress)
            throws IOException {
        if (options.images instanceof ImageSource.ByName files) {
            return new FromFiles(plan, files, options.reader());
        }
        return new ArchivePictures(plan, options, (ImageSource.InOrder) options.images, firstRow, progress);
    }

    /** Each file is read when it is asked for. */
    record FromFiles(PreparePlan plan, ImageSource.ByName files, PictureReader reader) implements RowPictures {
        @Override
        public Picture read(int row) {
            String path = plan.rows().get(row).path();
            return reader.read(files.read(path), path);
        }

        @Override
        public boolean isMissing(int row) {
            return false;
        }

        @Override
        public void close() {}
    }
}
