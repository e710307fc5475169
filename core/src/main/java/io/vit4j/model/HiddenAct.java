package io.vit4j.model;

import io.vit4j.base.InputException;
import java.util.Arrays;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** The activation between the two linear layers of an MLP, under the names of transformers' {@code ACT2FN}. */
public enum HiddenAct {
    GELU("gelu"),
    GELU_NEW("gelu_new"),
    GELU_PYTORCH_TANH("gelu_pytorch_tanh"),
    GELU_FAST("gelu_fast"),
    QUICK_GELU("quick_gelu"),
    RELU("relu"),
    RELU6("relu6"),
    LEAKY_RELU("leaky_relu"),
    SILU("silu"),
    SWISH("swish"),
    MISH("mish"),
    SIGMOID("sigmoid"),
    TANH("tanh"),
    LINEAR("linear");

    private final String label;

    HiddenAct(String label) {
        this.label = label;
    }

    /** The activation of that name in a {@code config.json}. */
    public static HiddenAct parse(String name) {
        for (HiddenAct act : values()) {
            if (act.label.equals(name)) {
                return act;
            }
        }
        throw new InputException("hidden_act '" + name + "' is not known; known are " + Arrays.toString(values()));
    }

    /** Applied value by value; same shape and type. */
    public Tensor apply(Tensor x) {
        return switch (this) {
            case GELU -> torch.gelu(x);
            case GELU_NEW, GELU_PYTORCH_TANH, GELU_FAST -> torch.gelu(x, "tanh");
            case QUICK_GELU -> torch.mul(x, torch.sigmoid(torch.mul(x, new Scalar(1.702))));
            case RELU -> torch.relu(x);
            case RELU6 -> torch.relu6(x);
            case LEAKY_RELU -> torch.leaky_relu(x);
            case SILU, SWISH -> torch.silu(x);
            case MISH -> torch.mish(x);
            case SIGMOID -> torch.sigmoid(x);
            case TANH -> torch.tanh(x);
            case LINEAR -> x;
        };
    }

    @Override
    public String toString() {
        return label;
    }
}
