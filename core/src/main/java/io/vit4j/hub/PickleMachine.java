package io.vit4j.hub;

import io.vit4j.hub.PickleValue.Constant;
import io.vit4j.hub.PickleValue.Dict;
import io.vit4j.hub.PickleValue.Global;
import io.vit4j.hub.PickleValue.ListValue;
import io.vit4j.hub.PickleValue.Opaque;
import io.vit4j.hub.PickleValue.Storage;
import io.vit4j.hub.PickleValue.Text;
import io.vit4j.hub.PickleValue.Tuple;
import io.vit4j.hub.PickleValue.Whole;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Reads Python's pickle format, protocols 0 to 5 (CPython's Lib/pickletools.py describes every opcode), and builds plain
 * values and descriptions of tensors. What would find, make or call anything else is refused with its name: there is no
 * way from a file to code. Time and memory are bounded by the number of opcodes, whatever they say.
 */
final class PickleMachine {
    /** A state dict takes about 40 opcodes a tensor; an item that an opcode goes through counts as one, too. */
    private static final int MOST_OPCODES = 2_000_000;

    private final PickleInput in;
    private int opcodes;

    private List<PickleValue> stack = new ArrayList<>();
    private final Deque<List<PickleValue>> marked = new ArrayDeque<>(); // stacks below the marks
    private final Map<Long, PickleValue> memo = new HashMap<>();
    private final Map<String, Storage> storages = new HashMap<>();

    PickleMachine(byte[] bytes) {
        in = new PickleInput(bytes);
    }

    /** Where the next pickle begins: behind the one last read. */
    int position() {
        return in.position();
    }

    /** All storages that the pickles refer to, by key. */
    Map<String, Storage> storages() {
        return storages;
    }

    /** The value of the pickle at the current position; {@link PickleFault} if it is damaged or wants more than data. */
    PickleValue next() {
        stack = new ArrayList<>();
        marked.clear();
        memo.clear();
        while (true) {
            spend(1);
            int opcode = in.unsigned(1);
            if (opcode == '.') {
                return pop();
            }
            step(opcode);
        }
    }

    private void spend(int work) {
        opcodes += work;
        if (opcodes > MOST_OPCODES) {
            throw new PickleFault("has over " + MOST_OPCODES + " opcodes");
        }
    }

    private void step(int opcode) {
        switch (opcode) {
            case 0x80 -> { // PROTO
                int protocol = in.unsigned(1);
                if (protocol > 5) {
                    throw new PickleFault("is of protocol " + protocol + ", which is unknown");
                }
            }
            case 0x95 -> in.length(8); // FRAME: only says how much follows
            case '(' -> {
                marked.push(stack);
                stack = new ArrayList<>();
            }
            case '0' -> pop();
            case '1' -> popToMark();
            case '2' -> push(top());
            case 'N' -> push(Constant.NONE);
            case 0x88 -> push(Constant.TRUE);
            case 0x89 -> push(Constant.FALSE);
            case 'I', 'L' -> push(PickleInput.decimal(in.line()));
            case 'J' -> push(new Whole((int) in.unsignedLong(4)));
            case 'K' -> push(new Whole(in.unsigned(1)));
            case 'M' -> push(new Whole(in.unsigned(2)));
            case 0x8a -> push(in.littleEndian(in.length(1)));
            case 0x8b -> push(in.littleEndian(in.length(4)));
            case 'F' -> {
                in.line();
                push(new Opaque("a float"));
            }
            case 'G' -> {
                in.skip(8);
                push(new Opaque("a float"));
            }
            case 'S' -> push(PickleInput.quoted(in.line()));
            case 'V' -> push(new Text(in.line())); // escapes in it cannot matter to names of tensors
            case 'T' -> push(in.text(in.length(4)));
            case 'U' -> push(in.text(in.length(1)));
            case 'X' -> push(in.text(in.length(4)));
            case 0x8c -> push(in.text(in.length(1)));
            case 0x8d -> push(in.text(in.length(8)));
            case 'B' -> opaque(in.length(4));
            case 'C' -> opaque(in.length(1));
            case 0x8e, 0x96 -> opaque(in.length(8));
            case ']', 0x8f -> push(new ListValue());
            case 'a' -> appendTo(List.of(pop()));
            case 'e', 0x90 -> appendTo(popToMark());
            case 'l', 0x91 -> {
                ListValue list = new ListValue();
                list.items.addAll(popToMark());
                push(list);
            }
            case ')' -> push(new Tuple(List.of()));
            case 't' -> push(new Tuple(popToMark()));
            case 0x85, 0x86, 0x87 -> { // TUPLE1 to TUPLE3
                PickleValue[] items = new PickleValue[opcode - 0x84];
                for (int i = items.length - 1; i >= 0; i--) {
                    items[i] = pop();
                }
                push(new Tuple(List.of(items)));
            }
            case '}' -> push(new Dict(false));
            case 'd' -> {
                Dict dict = new Dict(false);
                putAll(dict, popToMark());
                push(dict);
            }
            case 's' -> {
                PickleValue value = pop();
                PickleValue key = pop();
                putAll(topDict(), List.of(key, value));
            }
            case 'u' -> {
                List<PickleValue> items = popToMark();
                putAll(topDict(), items);
            }
            case 'g' -> push(remembered(memoKey(in.line())));
            case 'h' -> push(remembered(in.unsigned(1)));
            case 'j' -> push(remembered(in.unsignedLong(4)));
            case 'p' -> memo.put(memoKey(in.line()), top());
            case 'q' -> memo.put((long) in.unsigned(1), top());
            case 'r' -> memo.put(in.unsignedLong(4), top());
            case 0x94 -> memo.put((long) memo.size(), top());
            case 'c' -> push(global(in.line(), in.line()));
            case 0x93 -> {
                PickleValue name = pop();
                PickleValue module = pop();
                if (!(name instanceof Text nameText) || !(module instanceof Text moduleText)) {
                    throw new PickleFault("asks for a global that is not named by texts", true);
                }
                push(global(moduleText.value(), nameText.value()));
            }
            case 'R' -> reduce();
            case 'b' -> build();
            case 'Q' -> {
                Storage storage = TorchGlobals.storage(pop());
                storages.put(storage.key(), storage);
                push(storage);
            }
            default -> throw refused(opcode);
        }
    }

    private PickleValue global(String module, String name) {
        return TorchGlobals.named(module, name).orElseThrow(() -> asksFor(module + "." + name));
    }

    private static PickleFault asksFor(String name) {
        return new PickleFault("asks for " + name, true);
    }

    private void reduce() {
        PickleValue arguments = pop();
        PickleValue callee = pop();
        if (!(callee instanceof Global global) || !(arguments instanceof Tuple tuple)) {
            throw new PickleFault("calls " + callee.kind() + " with " + arguments.kind(), true);
        }
        for (PickleValue argument : tuple.items()) { // a few opcodes can call with the same large ones again and again
            spend(argument.size());
        }
        push(TorchGlobals.call(global, tuple.items()));
    }

    /** Sets attributes. A state dict has one, {@code _metadata}, of which nothing is needed. */
    private void build() {
        PickleValue state = pop();
        if (!(top() instanceof Dict dict && dict.ordered) || !(state instanceof Dict)) {
            throw new PickleFault("sets attributes of " + top().kind(), true);
        }
    }

    private PickleFault refused(int opcode) {
        return switch (opcode) {
            case 'i' -> asksFor(in.line() + "." + in.line());
            case 'o' -> {
                List<PickleValue> items = popToMark();
                yield new PickleFault(
                        "makes an object of "
                                + (items.isEmpty() ? "nothing" : items.get(0).kind()),
                        true);
            }
            case 0x81, 0x92 -> {
                for (int i = opcode == 0x81 ? 1 : 2; i > 0; i--) {
                    pop();
                }
                yield new PickleFault("makes an object of " + pop().kind(), true);
            }
            case 0x82, 0x83, 0x84 -> new PickleFault("asks for an extension by number", true);
            case 'P' -> new PickleFault("refers to something outside it by the text " + in.line(), true);
            case 0x97, 0x98 -> new PickleFault("refers to buffers outside it", true);
            default ->
                new PickleFault(String.format(
                        Locale.ROOT, "has 0x%02x at byte %d, which is no opcode", opcode, in.position() - 1));
        };
    }

    private void appendTo(List<PickleValue> items) {
        if (!(top() instanceof ListValue list)) {
            throw new PickleFault("appends to " + top().kind(), true);
        }
        list.items.addAll(items);
    }

    private static void putAll(Dict dict, List<PickleValue> keysAndValues) {
        if (keysAndValues.size() % 2 != 0) {
            throw new PickleFault("has a dict's key without its value");
        }
        for (int i = 0; i < keysAndValues.size(); i += 2) {
            TorchGlobals.put(dict, keysAndValues.get(i), keysAndValues.get(i + 1));
        }
    }

    private Dict topDict() {
        if (!(top() instanceof Dict dict)) {
            throw new PickleFault("sets an item of " + top().kind(), true);
        }
        return dict;
    }

    private PickleValue remembered(long key) {
        PickleValue value = memo.get(key);
        if (value == null) {
            throw new PickleFault("recalls what it never kept (memo " + key + ")");
        }
        return value;
    }

    private static long memoKey(String digits) {
        if (PickleInput.decimal(digits) instanceof Whole whole && whole.value() >= 0) {
            return whole.value();
        }
        throw new PickleFault("has a memo key that is no number");
    }

    private void opaque(int length) {
        in.skip(length);
        push(new Opaque("bytes"));
    }

    private void push(PickleValue value) {
        stack.add(value);
    }

    private PickleValue top() {
        if (stack.isEmpty()) {
            throw new PickleFault("takes from an empty stack at byte " + in.position());
        }
        return stack.get(stack.size() - 1);
    }

    private PickleValue pop() {
        PickleValue value = top();
        stack.remove(stack.size() - 1);
        return value;
    }

    private List<PickleValue> popToMark() {
        if (marked.isEmpty()) {
            throw new PickleFault("goes back to a mark it never set, at byte " + in.position());
        }
        List<PickleValue> items = stack;
        stack = marked.pop();
        return items;
    }
}
