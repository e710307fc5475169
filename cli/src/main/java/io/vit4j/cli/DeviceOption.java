package io.vit4j.cli;

import io.vit4j.base.InputException;
import io.vit4j.parallel.RankEnvironment;
import io.vit4j.torch.Device;
import picocli.CommandLine.Option;

/** The option that says where a command computes. */
final class DeviceOption {
    @Option(
            names = "--device",
            paramLabel = "DEVICE",
            defaultValue = "auto",
            description =
                    "auto, cpu, cuda or cuda:N. auto uses an NVIDIA GPU if there is one and vit4j was built for it"
                            + " (-Pcuda), else the CPU. If several ranks run on one machine, each uses its own GPU. Default:"
                            + " ${DEFAULT-VALUE}.")
    private String name;

    /** @param useCpu what the training argument of that name says, which goes before {@code auto} */
    Device device(boolean useCpu) {
        if (!useCpu) {
            return device();
        }
        if (name.startsWith("cuda")) {
            throw new InputException(
                    "--use-cpu true and --device " + name + " contradict each other; give one of them");
        }
        return Device.CPU;
    }

    Device device() {
        return RankEnvironment.device(name);
    }
}
