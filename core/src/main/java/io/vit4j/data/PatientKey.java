package io.vit4j.data;

import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import io.vit4j.base.IoReason;
import io.vit4j.base.OpenFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Set;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The secret by which patients' identifiers become digests (HMAC-SHA-256): the same patient has the same digest wherever the
 * same key is used, and nobody without the key can find out who it is by trying identifiers.
 */
final class PatientKey {
    private static final int BYTES = 32;
    private static final int LEAST_BYTES = 16;
    private static final int MOST_BYTES = 4096;
    private static final int DIGEST_CHARACTERS = 16; // 64 bits: no two of a million patients share one

    private final SecretKeySpec key;

    private PatientKey(byte[] key) {
        this.key = new SecretKeySpec(key, "HmacSHA256");
    }

    /** The key of the user who runs this process, unless a file is named. */
    static Path ofUser() {
        return Path.of(System.getProperty("user.home"), ".config", "vit4j", "patient-key");
    }

    /** Reads the key's file. If there is none it is made, readable by its owner alone, and this is noted. */
    static PatientKey in(Path file, Problems problems) {
        try {
            byte[] bytes = Files.notExists(file) ? make(file, problems) : OpenFiles.bytes(file);
            String text = new String(bytes, StandardCharsets.UTF_8).strip();
            if (text.length() < LEAST_BYTES || bytes.length > MOST_BYTES) {
                throw InputException.in(
                        file,
                        "no key for patients' identifiers: it must have " + LEAST_BYTES + " to " + MOST_BYTES
                                + " characters; name a file that is not there, and it is made");
            }
            refuseOpen(file);
            return new PatientKey(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchFileException e) {
            throw InputException.in(file, "its folder does not exist; make it, or choose another", e);
        } catch (IOException e) {
            throw InputException.in(
                    file, "the key for patients' identifiers cannot be read or made (" + IoReason.of(e) + ")", e);
        }
    }

    private static byte[] make(Path file, Problems problems) throws IOException {
        byte[] random = new byte[BYTES];
        new SecureRandom().nextBytes(random);
        byte[] text = (HexFormat.of().formatHex(random) + "\n").getBytes(StandardCharsets.US_ASCII);
        if (file.equals(ofUser())) {
            Files.createDirectories(file.getParent());
        }
        FileAttribute<?>[] owner = hasModes(file)
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
                }
                : new FileAttribute<?>[0];
        try (FileChannel channel = OpenFiles.update(file, owner);
                FileLock lock = channel.lock()) {
            if (channel.size() > 0) {
                return OpenFiles.bytes(file); // another process was first
            }
            DurableFiles.writeFully(channel, ByteBuffer.wrap(text));
            channel.force(true);
        }
        problems.note(
                file.toString(),
                "a new key for patients' identifiers; keep it secret, and keep it: another key gives the same patients"
                        + " other digests");
        return text;
    }

    private static boolean hasModes(Path file) {
        return file.getFileSystem().supportedFileAttributeViews().contains("posix");
    }

    private static void refuseOpen(Path file) throws IOException {
        if (!hasModes(file)) {
            return;
        }
        Set<PosixFilePermission> modes = Files.getPosixFilePermissions(file);
        if (modes.contains(PosixFilePermission.OTHERS_READ) || modes.contains(PosixFilePermission.GROUP_READ)) {
            throw InputException.in(
                    file, "a key for patients' identifiers that others may read; chmod 600 it, if nobody has");
        }
    }

    /** What stands for a patient: 16 hexadecimal digits. */
    String digest(String patient) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(key);
            byte[] digest = mac.doFinal(patient.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest).substring(0, DIGEST_CHARACTERS);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has HMAC-SHA-256", e);
        }
    }
}
