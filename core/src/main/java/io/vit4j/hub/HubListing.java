package io.vit4j.hub;

import com.fasterxml.jackson.databind.JsonNode;
import io.vit4j.base.InputException;
import io.vit4j.base.Json;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What the hub says of a repository at a revision.
 *
 * @param commit that the revision is at
 * @param files the names of all files, as paths with {@code /} that stay in the repository
 */
record HubListing(String commit, List<String> files) {
    /** Bytes of the largest answer that is read. */
    static final int LARGEST = 128 << 20;

    /** @param source the address, for messages */
    static HubListing parse(byte[] json, String source) {
        JsonNode answer = Json.parse(json, source);
        String commit = answer.path("sha").asText();
        if (!HubName.isCommit(commit) || !answer.path("siblings").isArray()) {
            throw new InputException(source
                    + ": is no answer of the hub; is a proxy or a login page answering instead? Check HF_ENDPOINT");
        }
        List<String> files = new ArrayList<>();
        for (JsonNode file : answer.path("siblings")) {
            String name = file.path("rfilename").asText();
            if (!stays(name)) {
                throw new InputException(source + ": names a file outside the repository: "
                        + name.substring(0, Math.min(name.length(), 100)) + "; do not use it");
            }
            files.add(name);
        }
        return new HubListing(commit, files);
    }

    private static boolean stays(String name) {
        boolean plain = name.chars().noneMatch(c -> c < ' ' || c == '\\' || c == ':');
        return plain
                && Arrays.stream(name.split("/", -1))
                        .noneMatch(part -> part.isEmpty() || part.equals(".") || part.equals(".."));
    }
}
