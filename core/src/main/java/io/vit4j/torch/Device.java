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

    /** {@code cpu}, {@code cuda} or {@code cuda:N}; a GPU that is not there is an error that says why. */
    public static Device parse(String name) {
        if (name.equals("cpu")) {
            return CPU;
        }
        if (!name.matches("cuda(:\\d{1,4})?")) {
            throw new InputException("device '" + name + "' is not known; give cpu, cuda or cuda:N");
        }
        int index = name.equals("cuda") ? 0 : Integer.parseInt(name.substring(5));
        TorchRuntime.load();
        if (!TorchRuntime.hasCudaBuild()) {
            throw new InputException(
                    "device '" + name + "': this build of vit4j is for the CPU; build it with -Pcuda on a "
                            + "machine that has an NVIDIA GPU, CUDA 13, cuDNN 9 and NCCL");
        }
        int gpus = torch.cuda_is_available() ? (int) torch.cuda_device_count() : 0;
        if (index >= gpus) {
            throw new InputException("device '" + name + "': "
                    + (gpus == 0
                            ? "no NVIDIA GPU is usable here (see nvidia-smi)"
                            : "this machine has GPUs 0 to " + (gpus - 1)));
        }
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
