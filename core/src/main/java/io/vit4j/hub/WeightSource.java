package io.vit4j.hub;

import java.util.Collection;
import java.util.Optional;

/** Open checkpoint files, whatever their form: tensors by name. Closing it closes the files; its tensors die with it. */
public interface WeightSource extends AutoCloseable {
    /** All tensors, in the order of the files. */
    Collection<StoredTensor> tensors();

    /** The tensor of that name, if there is one. */
    Optional<StoredTensor> tensor(String name);

    /** What to call it in messages: the file, or the folder of several. */
    String description();

    @Override
    void close();
}
