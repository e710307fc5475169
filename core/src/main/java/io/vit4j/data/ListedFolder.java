package io.vit4j.data;

import java.util.List;

/** The image files of a folder, wherever it is, once they are listed. */
abstract class ListedFolder implements ImageSource.ByName, Inventory.Holder {
    final PictureListing listing = new PictureListing();

    @Override
    public final List<String> names() {
        return listing.names();
    }

    @Override
    public final Inventory inventory() {
        return listing.inventory();
    }

    @Override
    public final String fingerprint(String name) {
        return listing.fingerprintOf(name);
    }

    @Override
    public final byte[] read(String name) {
        return ListedImages.read(description() + "/" + name, length -> begin(name, length));
    }
}
