package io.vit4j.torch;

import com.sun.jna.Library;
import com.sun.jna.Platform;
import com.sun.jna.Structure;
import java.util.OptionalLong;
import org.bytedeco.javacpp.Pointer;

/** Memory that this process has from the C library's allocator, which is where tensors on the CPU live. */
public final class NativeMemory {
    private NativeMemory() {}

    /** Bytes in use; empty if the C library does not tell (it does from glibc 2.33 on). */
    public static OptionalLong inUse() {
        if (LibraryHolder.LIBRARY == null) {
            return OptionalLong.empty();
        }
        Mallinfo2 info = LibraryHolder.LIBRARY.mallinfo2();
        return OptionalLong.of(info.uordblks + info.hblkhd);
    }

    /** Handles of Java's on native memory that are not freed yet: tensors, and whatever else is made by the bindings. */
    public static long handles() {
        return Pointer.totalCount();
    }

    private static final class LibraryHolder {
        static final MallocLibrary LIBRARY = load();

        private static MallocLibrary load() {
            if (!Platform.isLinux() || !Platform.is64Bit()) {
                return null;
            }
            try {
                MallocLibrary library = NativeFolder.functions(MallocLibrary.class);
                library.mallinfo2();
                return library;
            } catch (UnsatisfiedLinkError tooOld) {
                return null;
            }
        }
    }

    private interface MallocLibrary extends Library {
        Mallinfo2 mallinfo2();
    }

    /** {@code struct mallinfo2} of {@code malloc.h}. */
    @Structure.FieldOrder({
        "arena",
        "ordblks",
        "smblks",
        "hblks",
        "hblkhd",
        "usmblks",
        "fsmblks",
        "uordblks",
        "fordblks",
        "keepcost"
    })
    public static final class Mallinfo2 extends Structure implements Structure.ByValue {
        /** Bytes that were got from the system by moving the heap's end. */
        public long arena;
        /** Free chunks. */
        public long ordblks;
        /** Free chunks of the fast bins. */
        public long smblks;
        /** Mapped regions. */
        public long hblks;
        /** Bytes in mapped regions. */
        public long hblkhd;
        /** Of no use since long. */
        public long usmblks;
        /** Bytes in free chunks of the fast bins. */
        public long fsmblks;
        /** Bytes in use. */
        public long uordblks;
        /** Bytes in free chunks. */
        public long fordblks;
        /** Bytes that could be given back at the heap's end. */
        public long keepcost;
    }
}
