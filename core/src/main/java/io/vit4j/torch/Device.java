package io.vit4j.torch;

import io.vit4j.base.InputException;
import org.bytedeco.pytorch.global.torch;

/**
 * Where tensors live: the CPU, or one NVIDIA GPU.
 *
 * @param index the GPU's number from 0, or -1 for the CPU
 */
public record Device(int index) {
    /** The processor. */
    public static final Device CPU = new Device(-1);

    /** Checks the number. */
    public Device {
        if (index < -1) {
            throw new IllegalArgumentException("device index " + index);
        }
    }

    /** As {@link #parse(String, int)} in a process that is alone on its machine. */
    public static Device parse(String name) {
        return parse(name, 0);
    }

    /**
     * {@code cpu}, {@code cuda}, {@code cuda:N}, or {@code auto}: a GPU where one is usable, else the CPU. One that is asked
     * for and not there is an error that says why.
     *
     * @param localRank this process's number among the ranks of its machine: {@code cuda} is the GPU of that number
     */
    public static Device parse(String name, int localRank) {
        if (name.equals("cpu") || (name.equals("auto") && TorchRuntime.gpus() == 0)) {
            return CPU;
        }
        if (!name.matches("auto|cuda(:\\d{1,4})?")) {
            throw new InputException("device '" + name + "' is unknown; use auto, cpu, cuda or cuda:N");
        }
        int index = name.contains(":") ? Integer.parseInt(name.substring(name.indexOf(':') + 1)) : localRank;
        int gpus = TorchRuntime.gpus();
        if (index >= gpus) {
            throw new InputException("device '" + name + "': "
                    + (gpus == 0
                            ? TorchRuntime.whyNoGpu()
                            : "this machine has " + gpus + " GPUs, and GPU " + index + " was requested"
                                    + (name.contains(":") ? "" : " (this rank's number on its machine)")));
        }
        TorchRuntime.useGpusExactly();
        return new Device(index);
    }

    /** {@return whether it is the processor} */
    public boolean isCpu() {
        return index < 0;
    }

    /** libtorch's own object for it, made in the current scope. */
    org.bytedeco.pytorch.Device torch() {
        return isCpu()
                ? new org.bytedeco.pytorch.Device(torch.DeviceType.CPU)
                : new org.bytedeco.pytorch.Device(torch.DeviceType.CUDA, (byte) index);
    }

    @Override
    public String toString() {
        return isCpu() ? "cpu" : "cuda:" + index;
    }
}
