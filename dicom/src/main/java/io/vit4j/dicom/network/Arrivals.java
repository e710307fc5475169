package io.vit4j.dicom.network;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Images that wait to be classified. All files of one instance are handed out together, and to one thread at a time, so that what came
 * last is also classified last.
 */
final class Arrivals {
    private final Map<String, List<Path>> waiting = new HashMap<>();
    private final Deque<String> order = new ArrayDeque<>();
    private final Set<String> taken = new HashSet<>();

    /** Adds an image. */
    synchronized void add(Path image) {
        String instance = InstanceQueue.instance(image);
        waiting.computeIfAbsent(instance, uid -> {
                    order.add(uid);
                    return new ArrayList<>(1);
                })
                .add(image);
        notifyAll();
    }

    /** The images of one instance, in the order of their arrival; waits until there is one that no other thread has. */
    synchronized List<Path> take() throws InterruptedException {
        while (true) {
            for (int i = order.size(); i > 0; i--) {
                String instance = order.remove();
                if (taken.add(instance)) {
                    return waiting.remove(instance).stream().sorted().toList(); // one may have been put back
                }
                order.add(instance);
            }
            wait();
        }
    }

    /** The instance's images have been dealt with, or wait again. */
    synchronized void release(String instance) {
        taken.remove(instance);
        notifyAll();
    }
}
