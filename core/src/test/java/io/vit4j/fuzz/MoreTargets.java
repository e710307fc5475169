package io.vit4j.fuzz;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Targets of a module above this one. Found by {@link java.util.ServiceLoader}. */
public interface MoreTargets {
    /** @param folder for the files that are to be read */
    List<Target> in(Path folder) throws IOException;
}
