package io.vit4j.parallel;

import io.vit4j.base.InputException;
import io.vit4j.base.IoReason;
import io.vit4j.base.OpenFiles;
import io.vit4j.base.Privacy;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** What the ranks of a job know and strangers do not. It never crosses the network, and {@link #toString} does not show it. */
public final class RendezvousSecret {
    /** The environment variable that holds a secret. */
    public static final String VARIABLE = "VIT4J_RENDEZVOUS_SECRET";

    private static final int SHORTEST = 16;
    private static final int LONGEST = 4096;
    private static final int RANDOM_BYTES = 32;
    private static final String MEND =
            "write at least " + SHORTEST + " random characters into it, for example with openssl rand -hex 32";
    private static final Set<PosixFilePermission> OWNERS_ONLY =
            EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);

    private final String text;
    private final SecretKeySpec key;

    private RendezvousSecret(String text) {
        this.text = text;
        key = new SecretKeySpec(text.getBytes(StandardCharsets.UTF_8), "HmacSHA256");
    }

    /** A new one. */
    public static RendezvousSecret random() {
        byte[] bytes = new byte[RANDOM_BYTES];
        new SecureRandom().nextBytes(bytes);
        return new RendezvousSecret(HexFormat.of().formatHex(bytes));
    }

    /**
     * The secret that {@link #VARIABLE} holds, if it is set.
     *
     * @throws InputException if it is too short
     */
    public static Optional<RendezvousSecret> ofEnvironment(Map<String, String> environment) {
        String given = environment.getOrDefault(VARIABLE, "").strip();
        if (given.isEmpty()) {
            return Optional.empty();
        }
        if (given.length() < SHORTEST || given.length() > LONGEST) {
            throw new InputException(VARIABLE + " has " + given.length() + " characters, but must have from " + SHORTEST
                    + " to " + LONGEST + "; set it to random ones, for example $(openssl rand -hex 32)");
        }
        return Optional.of(new RendezvousSecret(given));
    }

    /**
     * The secret in a file; white space around it does not count.
     *
     * @throws InputException if the file cannot be read, others can read it, or what it holds is too short
     */
    public static RendezvousSecret read(Path file) {
        try (InputStream in = OpenFiles.stream(file)) {
            requirePrivate(file);
            byte[] bytes = in.readNBytes(LONGEST + 1);
            String text = new String(bytes, StandardCharsets.UTF_8).strip();
            if (bytes.length > LONGEST) {
                throw InputException.in(file, "is longer than " + LONGEST + " bytes; " + MEND);
            }
            if (text.length() < SHORTEST) {
                throw InputException.in(file, "holds a secret of " + text.length() + " characters; " + MEND);
            }
            return new RendezvousSecret(text);
        } catch (IOException e) {
            throw InputException.in(file, "the ranks' secret cannot be read (" + IoReason.of(e) + "); " + MEND, e);
        }
    }

    private static void requirePrivate(Path file) throws IOException {
        PosixFileAttributeView view = Files.getFileAttributeView(file, PosixFileAttributeView.class);
        if (view == null) {
            return; // Windows: a user's folders are the user's own
        }
        Set<PosixFilePermission> permissions = view.readAttributes().permissions();
        if (!OWNERS_ONLY.containsAll(permissions)) {
            throw InputException.in(
                    file,
                    "has mode " + PosixFilePermissions.toString(permissions)
                            + ", but a secret's is rw-------; run chmod 600 on it, and change the secret if others read it");
        }
        Path real = file.toRealPath();
        if (!Privacy.isOurs(real) && !Files.getAttribute(real, "unix:uid").equals(0)) {
            throw InputException.in(file, "belongs to another user; use a file of your own");
        }
    }

    /**
     * The one that a user's ranks share if they meet on this machine's loopback address and none was given. It is made
     * when it is first needed, in the user's cache folder.
     */
    static RendezvousSecret ofUser() {
        return in(userFolder(System.getenv(), System.getProperty("user.home")));
    }

    private static Path userFolder(Map<String, String> environment, String home) {
        String cache = environment.getOrDefault("XDG_CACHE_HOME", "");
        return (cache.isBlank() ? Path.of(home, ".cache") : Path.of(cache)).resolve("vit4j");
    }

    /** The one in this folder, made if there is none. Ranks that start together agree on one. */
    static RendezvousSecret in(Path folder) {
        Path file = folder.resolve("rendezvous-secret");
        if (!Files.exists(file)) {
            try {
                Files.createDirectories(folder);
                Path made = Files.createTempFile(folder, "rendezvous-secret", null); // mode 0600
                try {
                    try (FileChannel out = OpenFiles.update(made)) {
                        out.write(ByteBuffer.wrap((random().text() + "\n").getBytes(StandardCharsets.UTF_8)));
                    }
                    Files.createLink(file, made); // whole from the first moment, and never over another's
                } finally {
                    Files.delete(made);
                }
            } catch (FileAlreadyExistsException e) {
                // another rank was faster
            } catch (IOException e) {
                throw InputException.in(
                        file,
                        "cannot be made (" + IoReason.of(e) + "); start the ranks with vit4j launch, or set " + VARIABLE
                                + " to the same secret for each",
                        e);
            }
        }
        return read(file);
    }

    /** The secret itself, for the environment of another rank. */
    public String text() {
        return text;
    }

    /** HMAC-SHA-256 of these bytes, one after another. */
    byte[] mac(byte[]... parts) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(key);
            for (byte[] part : parts) {
                mac.update(part);
            }
            return mac.doFinal();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e); // every Java platform has it
        }
    }

    /** Says nothing about it. */
    @Override
    public String toString() {
        return "a secret";
    }
}
