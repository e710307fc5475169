package io.vit4j.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.InputException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Pickles that would run code in Python, or fill its memory: each is refused, and by the name of what it wants. */
@Timeout(60)
class MaliciousPickleTest {
    @TempDir
    Path folder;

    /** An attack as ISO 8859-1 text, and what the refusal must name. */
    static Stream<Arguments> attacks() {
        String touch = "touch /tmp/x";
        String file = (char) touch.length() + touch;
        return Stream.of(
                attack("cposix\nsystem\n(S'" + touch + "'\ntR.", "posix.system"),
                attack("cposix\nsystem\n(U" + file + "tR.", "posix.system"),
                attack("\u0080\u0002cos\nsystem\nU" + file + "\u0085R.", "os.system"),
                attack("\u0080\u0003cbuiltins\neval\nX\3\0\0\0" + "1+1\u0085R.", "builtins.eval"),
                attack("\u0080\u0002c__builtin__\nexec\nU\u00041==1\u0085R.", "__builtin__.exec"),
                attack(
                        "\u0080\u0004\u0095\u0020\0\0\0\0\0\0\0\u008c\u0005posix\u0094\u008c\u0006system\u0094\u0093\u0094"
                                + "\u008c" + file + "\u0094\u0085\u0094R\u0094.",
                        "posix.system"),
                attack("\u0080\u0005\u008c\u0002nt\u008c\u0006system\u0093\u008c\2id\u0085R.", "nt.system"),
                attack("\u0080\u0004\u008c\nsubprocess\u008c\u0005Popen\u0093)\u0081.", "subprocess.Popen"),
                attack("(S'id'\nios\nsystem\n.", "os.system"),
                attack("(cos\nsystem\nS'id'\no.", "os.system"),
                attack("(S'id'\no.", "makes an object of a string"),
                attack("(o.", "makes an object of nothing"),
                attack("ccollections\nOrderedDict\n)\u0081.", "makes an object of collections.OrderedDict"),
                attack("ccollections\nOrderedDict\n)}\u0092.", "makes an object of collections.OrderedDict"),
                attack("cbuiltins\ngetattr\n.", "builtins.getattr"),
                attack("ctorch\nload\n.", "torch.load"),
                attack("ctorch.hub\nload\n.", "torch.hub.load"),
                attack("ctorch.serialization\nload\n.", "torch.serialization.load"),
                attack("ctorch.storage\n_load_from_bytes\n.", "torch.storage._load_from_bytes"),
                attack("ctorch._utils\n_rebuild_tensor_v2.__globals__\n.", "_rebuild_tensor_v2.__globals__"),
                attack("\u008c\u0005torch\u008c\u0014_utils.__builtins__.\u0093.", "torch._utils.__builtins__."),
                attack("ctorch._tensor\n_rebuild_from_type_v2\n.", "torch._tensor._rebuild_from_type_v2"),
                attack("cnumpy.core.multiarray\n_reconstruct\n.", "numpy.core.multiarray._reconstruct"),
                attack("crunpy\n_run_code\n.", "runpy._run_code"),
                attack("ccodecs\nopen\n.", "codecs.open"),
                attack("N\u008c\6system\u0093.", "not named by texts"),
                // an allowed function, given one that is not, or called as PyTorch never does
                attack("ctorch._utils\n_rebuild_parameter\n(cos\nsystem\nS'id'\ntR.", "os.system"),
                attack("ctorch._utils\n_rebuild_tensor_v2\n(S'a'\ntR.", "torch._utils._rebuild_tensor_v2"),
                attack("ctorch\nFloatStorage\n)R.", "calls torch.FloatStorage"),
                attack("ccollections\nOrderedDict\n(S'ab'\ntR.", "collections.OrderedDict"),
                attack("ccollections\nOrderedDict\nNR.", "collections.OrderedDict with None"),
                attack("S'os.system'\n(S'id'\ntR.", "calls a string"),
                attack("}}b.", "sets attributes of a dict"),
                attack("ccollections\nOrderedDict\n}b.", "sets attributes of collections.OrderedDict"),
                attack("]S'a'\nS'b'\ns.", "sets an item of a list"),
                attack("}S'a'\na.", "appends to a dict"),
                attack("\u0082\u0001.", "extension by number"),
                attack("\u0083\u0001\0.", "extension by number"),
                attack("\u0084\u0001\0\0\0.", "extension by number"),
                attack("Pfile:///etc/passwd\n.", "file:///etc/passwd"),
                attack("S'module'\nQ.", "something outside it"),
                attack("\u0097.", "buffers outside"));
    }

    private static Arguments attack(String pickle, String named) {
        return Arguments.of(named, pickle.getBytes(StandardCharsets.ISO_8859_1));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("attacks")
    void codeIsRefusedByItsName(String named, byte[] pickle) throws IOException {
        for (byte[] file :
                new byte[][] {pickle, TorchPickleTest.zip(Map.of("archive/data.pkl", pickle)), legacy(pickle)}) {
            Path path = Files.write(folder.resolve("pytorch_model.bin"), file);
            assertThatThrownBy(() -> TorchPickle.open(path))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("pytorch_model.bin: its pickle")
                    .hasMessageContaining(named);
        }
    }

    static Stream<Arguments> bombs() throws IOException {
        return Stream.of(
                bomb("N".repeat(3_000_000), "opcodes"),
                bomb("]" + "2".repeat(3_000_000), "opcodes"),
                bomb("(".repeat(1_900_000) + "t".repeat(1_900_000) + ".", "opcodes"),
                bomb(")" + "\u0085".repeat(1_900_000) + ".", "contains a tuple"),
                bomb("]q\0" + "h\0a".repeat(500_000) + ".", "contains a list"), // a list of itself
                bomb("}q\0X\1\0\0\0ah\0s.", "without tensors"), // a dict of itself
                bomb("Nr\u00ff\u00ff\u00ff\u00ff" + "j\u00ff\u00ff\u00ff\u00ff.", "contains None"),
                bomb("Np99999999999999999999\n.", "memo key"),
                bomb("j\u00ff\u00ff\u00ff\u00ff.", "memo 4294967295"),
                bomb("X\u00ff\u00ff\u00ff\u007fa.", "ends before"),
                bomb("\u008d\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u007fa.", "ends before"),
                bomb("\u008e\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ffa.", "ends before"),
                bomb("\u0095\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ffN.", "ends before"),
                bomb("\u008b\0\0\1\0" + "1".repeat(1 << 16) + ".", "number of 65536 bytes"),
                bomb("L" + "9".repeat(1 << 20) + "L\n.", "number of 1048576 digits"),
                bomb("I1x\n.", "\"1x\" for a number"),
                bomb("\u0080\u0006N.", "protocol 6"),
                bomb("", "ends before"),
                bomb("t.", "a mark it never set"),
                bomb("0.", "an empty stack"),
                bomb("(N\u0091(NNu.", "sets an item of a list"),
                bomb("}(S'a'\nu.", "without its value"),
                bomb("})Ns.", "a tuple as a dict's key"),
                bomb("\u00ff.", "0xff at byte 0"),
                bomb("S'unfinished", "ends before"),
                bomb("Sbare\n.", "without quotes"));
    }

    /** Calls that go through the same large list or dict again and again. */
    static Stream<Arguments> quadraticBombs() throws IOException {
        String pairs = "](X\1\0\0\0aN\u0086q\2" + "h\2".repeat(300_000) + "e\u0085q\3";
        String call = "ccollections\nOrderedDict\nq\0" + pairs + "h\0h\3R0".repeat(200_000) + ".";
        StringBuilder keys = new StringBuilder("(");
        for (int i = 0; i < 300_000; i++) {
            keys.append("X\4\0\0\0")
                    .append((char) (i & 127))
                    .append((char) (i >> 7 & 127))
                    .append((char) (i >> 14 & 127))
                    .append("kN");
        }
        String tensor = "ctorch._utils\n_rebuild_tensor_v2\nq\0((S'storage'\nctorch\nFloatStorage\nS'0'\nS'cpu'\nI4\ntQ"
                + "I0\n(I4\nt(I1\nt\u0089N" + keys + "dtq\1" + "h\0h\1R0".repeat(200_000) + ".";
        return Stream.of(bomb(call, "opcodes"), bomb(tensor, "opcodes"));
    }

    @ParameterizedTest
    @MethodSource("quadraticBombs")
    void workIsBoundedAsWellAsOpcodes(String message, byte[] file) throws IOException {
        whatLiesAboutItsSizeCostsNothing(message, file); // their own opcodes are fewer than the most
    }

    /** What attackers ask for, in each protocol's way of naming and calling it. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "os.system",
                "posix.system",
                "nt.system",
                "os.popen",
                "os.execv",
                "posix.fork",
                "builtins.eval",
                "builtins.exec",
                "builtins.compile",
                "builtins.open",
                "builtins.__import__",
                "builtins.getattr",
                "builtins.breakpoint",
                "__builtin__.eval",
                "__builtin__.apply",
                "subprocess.Popen",
                "subprocess.call",
                "subprocess.check_output",
                "subprocess.run",
                "commands.getoutput",
                "importlib.import_module",
                "runpy._run_code",
                "pickle.loads",
                "_pickle.loads",
                "marshal.loads",
                "types.FunctionType",
                "types.CodeType",
                "ctypes.CDLL",
                "operator.attrgetter",
                "operator.methodcaller",
                "functools.partial",
                "functools.reduce",
                "itertools.starmap",
                "webbrowser.open",
                "pty.spawn",
                "socket.create_connection",
                "urllib.request.urlopen",
                "shutil.rmtree",
                "code.InteractiveInterpreter",
                "timeit.timeit",
                "cProfile.run",
                "pdb.run",
                "doctest.debug_script",
                "pip.main",
                "numpy.load",
                "numpy.testing._private.utils.runstring",
                "torch.load",
                "torch.hub.load",
                "torch.jit.load",
                "torch.jit.unsupported_tensor_ops.execWrapper",
                "torch.serialization.load",
                "torch.storage._load_from_bytes",
                "torch._utils._rebuild_wrapper_subclass",
                "torch._utils._rebuild_device_tensor_from_numpy",
                "torch._tensor._rebuild_from_type_v2",
                "torch._dynamo.guards.GuardBuilder.get",
                "torch._inductor.codecache.compile_file",
                "torch.utils._config_module.load_config",
                "torch.utils.bottleneck.__main__.run_cprofile",
                "torch.utils.collect_env.run",
                "torch.fx._symbolic_trace._Patcher",
                "torch.nn.Module",
                "collections.UserDict",
                "_codecs.decode",
                "transformers.modeling_utils.PreTrainedModel"
            })
    void eachProtocolsCallIsRefusedByItsName(String name) throws IOException {
        String module = name.substring(0, name.lastIndexOf('.'));
        String function = name.substring(name.lastIndexOf('.') + 1);
        Path marker = folder.resolve("marker");
        String argument = "touch " + marker;
        String global = "c" + module + "\n" + function + "\n";
        String shortText = "U" + (char) argument.length() + argument;
        String unicode = "X" + (char) argument.length() + "\0\0\0" + argument;
        String stack = "\u008c" + (char) module.length() + module + "\u0094\u008c" + (char) function.length() + function
                + "\u0094\u0093\u0094\u008c" + (char) argument.length() + argument + "\u0094\u0085\u0094R\u0094.";
        String frame = "\u0095" + (char) (stack.length() & 255) + (char) (stack.length() >> 8) + "\0\0\0\0\0\0";
        String[] protocols = {
            global + "p0\n(S'" + argument + "'\np1\ntp2\nRp3\n.",
            global + "q\0(" + shortText + "q\1tq\2Rq\3.",
            "\u0080\2" + global + "q\0" + shortText + "q\1\u0085q\2Rq\3.",
            "\u0080\3" + global + "q\0" + unicode + "q\1\u0085q\2Rq\3.",
            "\u0080\4" + frame + stack,
            "\u0080\5" + frame + stack
        };
        // the call as an argument of an allowed one, as a weight beside others, as a key's state, made by an older
        // opcode
        String[] nested = {
            "ctorch._utils\n_rebuild_parameter\n(" + global + shortText + "\u0085R\u0089NtR.",
            "}X\1\0\0\0w" + global + "(" + shortText + "tRs.",
            "ccollections\nOrderedDict\n)R" + global + shortText + "\u0085Rb.",
            "(" + shortText + "i" + module + "\n" + function + "\n.",
            "(" + global + shortText + "o.",
            global + shortText + "\u0085\u0081."
        };
        for (String pickle :
                Stream.concat(Stream.of(protocols), Stream.of(nested)).toList()) {
            codeIsRefusedByItsName("asks for " + name, pickle.getBytes(StandardCharsets.ISO_8859_1));
        }
        assertThat(marker).doesNotExist();
    }

    private static Arguments bomb(String pickle, String message) throws IOException {
        return Arguments.of(
                message, TorchPickleTest.zip(Map.of("archive/data.pkl", pickle.getBytes(StandardCharsets.ISO_8859_1))));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("bombs")
    void whatLiesAboutItsSizeCostsNothing(String message, byte[] file) throws IOException {
        Path path = Files.write(folder.resolve("pytorch_model.bin"), file);
        assertThatThrownBy(() -> TorchPickle.open(path))
                .isInstanceOf(InputException.class)
                .hasMessageContaining(message);
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void aTensorBeyondItsStorageIsRefused(String tensor, String message) throws IOException {
        // a storage of 4 float32 values; offset, shape and strides as given
        String pickle =
                "}S'w'\nctorch._utils\n_rebuild_tensor_v2\n((S'storage'\nctorch\nFloatStorage\nS'0'\nS'cpu'\nI4\ntQ"
                        + tensor + "\u0089NtRs.";
        byte[] file = TorchPickleTest.zip(
                Map.of("a/data.pkl", pickle.getBytes(StandardCharsets.ISO_8859_1), "a/data/0", new byte[16]));
        Path path = Files.write(folder.resolve("pytorch_model.bin"), file);
        if (message.isEmpty()) {
            try (TorchPickle read = TorchPickle.open(path)) {
                assertThat(read.tensor("w").orElseThrow().bytes().length).isLessThanOrEqualTo(16);
            }
        } else {
            assertThatThrownBy(() -> TorchPickle.open(path))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining(message);
        }
    }

    static Stream<Arguments> shapes() {
        return Stream.of(
                Arguments.of("I0\n(I2\nI2\nt(I2\nI1\nt", ""),
                Arguments.of("I0\n(I2\nI2\nt(I1\nI2\nt", ""),
                Arguments.of("I4\n(I0\nt(I1\nt", ""),
                Arguments.of("I3\n(tI1\n\u0085".substring(0, 5) + "(t", ""),
                Arguments.of("I0\n(I4\nt(I0\nt", ""),
                Arguments.of("I1\n(I2\nI2\nt(I2\nI1\nt", "goes beyond the 16 bytes"),
                Arguments.of("I5\n(I0\nt(I1\nt", "goes beyond the 16 bytes"),
                Arguments.of("I0\n(I5\nt(I0\nt", "goes beyond the 16 bytes"),
                Arguments.of("I0\n(I2\nt(I4\nt", "goes beyond the 16 bytes"),
                Arguments.of("I0\n(I2\nt(I9223372036854775807\nt", "an impossible size"),
                Arguments.of("I9223372036854775807\n(I1\nt(I1\nt", "an impossible size"),
                Arguments.of("I0\n(I4294967296\nI4294967296\nt(I0\nI0\nt", "an impossible size"),
                Arguments.of("I-1\n(I1\nt(I1\nt", "a storage, an offset"),
                Arguments.of("I0\n(I-1\nt(I1\nt", "hold no sizes"),
                Arguments.of("I0\n(I1\nt(I-1\nt", "hold no sizes"),
                Arguments.of("I0\n(I1\nt(t", "a storage, an offset"),
                Arguments.of("I0\n(" + "I1\n".repeat(65) + "t(t", "no short tuple"));
    }

    @Test
    void aLegacyStorageThatLiesIsRefused() throws IOException {
        String pickle =
                "}S'w'\nctorch._utils\n_rebuild_tensor_v2\n((S'storage'\nctorch\nFloatStorage\nS'0'\nS'cpu'\nI4\nNtQ"
                        + "I0\n(I4\nt(I1\nt\u0089NtRs.";
        byte[] state = pickle.getBytes(StandardCharsets.ISO_8859_1);
        for (long elements : new long[] {-1, 5, 3, 1L << 61, Long.MAX_VALUE}) {
            ByteArrayOutputStream file = new ByteArrayOutputStream();
            file.write(legacy(state));
            file.write("(S'0'\nl.".getBytes(StandardCharsets.ISO_8859_1));
            file.write(ByteBuffer.allocate(8 + 16)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(elements)
                    .array());
            Path path = Files.write(folder.resolve("pytorch_model.bin"), file.toByteArray());
            assertThatThrownBy(() -> TorchPickle.open(path))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining(elements == 3 ? "has 4 elements, but it has 12 bytes" : "more than the file");
        }
    }

    /** A file in the form of before PyTorch 1.6, up to its state dict. */
    private static byte[] legacy(byte[] state) throws IOException {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        file.write("\u0080\u0002\u008a\nl\u00fc\u009cF\u00f9 j\u00a8P\u0019.\u0080\u0002M\u00e9\u0003."
                .getBytes(StandardCharsets.ISO_8859_1));
        file.write("}S'little_endian'\nI01\ns.".getBytes(StandardCharsets.ISO_8859_1));
        file.write(state);
        return file.toByteArray();
    }
}
