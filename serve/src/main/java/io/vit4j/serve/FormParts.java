package io.vit4j.serve;

import io.vit4j.infer.ImageInput;
import io.vit4j.serve.HttpFault.Kind;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.MultiPart;
import org.eclipse.jetty.http.MultiPartFormData;
import org.eclipse.jetty.io.Content;

/**
 * A form as browsers and {@code curl -F} send it ({@code multipart/form-data}): its files are pictures, its other fields texts.
 *
 * @param pictures each with the name of its file
 */
record FormParts(List<ImageInput.OfBytes> pictures, Map<String, String> fields) {
    private static final int MOST_FIELDS = 16;
    private static final int LONGEST_FIELD = 1024;
    private static final int LONGEST_NAME = 255;

    /**
     * Reads a form that has come in; nothing of it is written to a file.
     *
     * @param mostPictures that are taken
     */
    static FormParts read(Call call, int mostPictures) {
        String type = call.headers().first("Content-Type").orElse("");
        String boundary = MultiPart.extractBoundary(type);
        if (!call.mediaType().equals("multipart/form-data") || boundary == null) { // none is Jetty's null
            throw new HttpFault(
                    Kind.UNSUPPORTED_TYPE,
                    "this takes a form with pictures (multipart/form-data), as curl -F sends it");
        }
        MultiPartFormData.Parser parser = new MultiPartFormData.Parser(boundary);
        int mostParts = mostPictures + MOST_FIELDS;
        parser.setMaxParts(mostParts);
        parser.setMaxLength(-1); // the body is here
        parser.setMaxMemoryFileSize(-1); // and stays in memory
        parser.setMaxFileSize(-1);
        CompletableFuture<MultiPartFormData.Parts> parsed =
                parser.parse(Content.Source.from(ByteBuffer.wrap(call.body())));
        try (MultiPartFormData.Parts parts = parsed.join()) {
            return of(parts, mostPictures);
        } catch (CompletionException e) {
            if (hasMoreParts(call.body(), "\n--" + boundary, mostParts)) {
                throw HttpFault.tooManyPictures(mostPictures);
            }
            throw HttpFault.badRequest(
                    "the form could not be read (" + e.getCause().getMessage() + ")");
        }
    }

    /** @param delimiter before each part but the first, and after the last */
    private static boolean hasMoreParts(byte[] body, String delimiter, int most) {
        String text = new String(body, StandardCharsets.ISO_8859_1);
        int parts = 0;
        for (int at = text.indexOf(delimiter); at >= 0 && parts <= most; at = text.indexOf(delimiter, at + 1)) {
            parts++;
        }
        return parts > most;
    }

    private static FormParts of(MultiPartFormData.Parts parts, int mostPictures) {
        List<ImageInput.OfBytes> pictures = new ArrayList<>();
        Map<String, String> fields = new LinkedHashMap<>();
        for (MultiPart.Part part : parts) {
            if (isPicture(part)) {
                pictures.add(new ImageInput.OfBytes(name(part, pictures.size()), bytes(part)));
            } else if (part.getLength() > LONGEST_FIELD || fields.size() == MOST_FIELDS) {
                throw HttpFault.badRequest(
                        "a field of the form is too long, or there are too many; pictures are files");
            } else {
                fields.put(String.valueOf(part.getName()), part.getContentAsString(StandardCharsets.UTF_8));
            }
        }
        if (pictures.isEmpty()) {
            throw HttpFault.badRequest(
                    "the form has no picture; send each as a file, as curl -F picture=@chest.png does");
        }
        if (pictures.size() > mostPictures) {
            throw HttpFault.tooManyPictures(mostPictures);
        }
        return new FormParts(pictures, fields);
    }

    private static boolean isPicture(MultiPart.Part part) {
        String type = part.getHeaders().get(HttpHeader.CONTENT_TYPE);
        return part.getFileName() != null || type != null && !type.startsWith("text/");
    }

    /** The file's name without folders, which old browsers send too. */
    private static String name(MultiPart.Part part, int number) {
        String file = part.getFileName() == null
                ? ""
                : part.getFileName().replaceFirst("^.*[/\\\\]", "").strip();
        return file.isEmpty() ? "picture " + number : file.substring(0, Math.min(file.length(), LONGEST_NAME));
    }

    private static byte[] bytes(MultiPart.Part part) {
        ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(part.getLength()));
        Content.Source source = part.getContentSource();
        for (boolean last = false; !last; ) {
            Content.Chunk chunk = source.read(); // all of it is there
            last = chunk.isLast();
            bytes.put(chunk.getByteBuffer());
            chunk.release();
        }
        return bytes.array();
    }

    /** Refuses fields that mean nothing here: a mistyped one would change nothing in silence. */
    void requireOnly(List<String> known) {
        for (String field : fields.keySet()) {
            if (!known.contains(field)) {
                throw HttpFault.badRequest("the form has a field that is not known here; known are "
                        + (known.isEmpty() ? "only pictures" : String.join(", ", known)));
            }
        }
    }
}
