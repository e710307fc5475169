package io.vit4j.spark;

import io.vit4j.base.InputException;
import java.io.IOException;
import java.io.Serializable;
import org.apache.hadoop.conf.Configuration;

/**
 * What training starts from: a folder with a checkpoint, of which each machine makes a copy, or a name on the hub, from which each machine
 * downloads it.
 *
 * @param given as the user gave it
 * @param folder what it is if it is one
 * @param copy the name of the folder's copy on a machine; empty for a name on the hub
 * @param localDir where a machine keeps copies
 */
record StartFolder(String given, HadoopFolder folder, String copy, String localDir) implements Serializable {
    static StartFolder of(String given, Configuration configuration, String localDir) {
        HadoopFolder folder = HadoopFolder.of(given, configuration);
        try {
            return new StartFolder(
                    given, folder, folder.has("config.json") ? LocalFolders.name("start", folder) : "", localDir);
        } catch (IOException e) {
            throw new InputException(folder + ": cannot be read: " + e.getMessage(), e);
        }
    }

    /** As {@link io.vit4j.Vit4j#fineTune(String)} takes it on this machine. */
    String here() {
        return copy.isEmpty()
                ? given
                : LocalFolders.copy(folder, copy, localDir).toString();
    }
}
