package io.vit4j.data;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Names of a model's outputs, made fit to be keys. */
public final class LabelNames {
    private LabelNames() {}

    /**
     * The same names in the same order, each one once. If a name occurs several times, each occurrence gets the number of
     * its output, counting from 0: the two {@code crane} of ImageNet become {@code crane (134)} and {@code crane (517)}. If
     * the names are already distinct, the list is unchanged.
     */
    public static List<String> distinct(List<String> names) {
        Map<String, Integer> count = new HashMap<>(names.size() * 2);
        names.forEach(name -> count.merge(name, 1, Integer::sum));
        if (count.size() == names.size()) {
            return List.copyOf(names);
        }
        Set<String> taken = new HashSet<>(count.keySet());
        List<String> distinct = new ArrayList<>(names.size());
        for (int i = 0; i < names.size(); i++) {
            String name = names.get(i);
            if (count.get(name) > 1) {
                do {
                    name += " (" + i + ")";
                } while (!taken.add(name));
            }
            distinct.add(name);
        }
        return List.copyOf(distinct);
    }
}
