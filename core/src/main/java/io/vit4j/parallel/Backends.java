package io.vit4j.parallel;

import io.vit4j.base.InputException;
import io.vit4j.torch.Device;
import io.vit4j.torch.NativeOutput;
import io.vit4j.torch.Scope;
import io.vit4j.torch.TorchRuntime;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.chrono.Milliseconds;
import org.bytedeco.pytorch.Backend;
import org.bytedeco.pytorch.GlooDeviceVector;
import org.bytedeco.pytorch.ProcessGroupGloo;
import org.bytedeco.pytorch.Store;
import org.bytedeco.pytorch.global.torch_gloo;
import org.bytedeco.pytorch.global.torch_nccl;
import org.bytedeco.pytorch.nccl.ProcessGroupNCCL;

/** Connects c10d's process groups: Gloo for tensors in main memory, NCCL for tensors on GPUs. */
final class Backends {
    private static final long POLL_MILLIS = 10;

    private static final String MEND =
            "; is the wrong network interface selected (--interface, GLOO_SOCKET_IFNAME, NCCL_SOCKET_IFNAME)?";

    private Backends() {}

    /** Connects this rank, waiting no longer than the rendezvous does. */
    static Backend connect(Rendezvous rendezvous, String name, int rank, int size, Device device) {
        TorchRuntime.load();
        return within(
                rendezvous,
                System.nanoTime() + rendezvous.timeout().toNanos(),
                () -> {
                    Store store = rendezvous.storeFor(name);
                    return device.isCpu()
                            ? gloo(rendezvous, store, rank, size)
                            : Nccl.connect(rendezvous, store, rank, size);
                },
                "the other ranks of group " + name);
    }

    /**
     * Connecting blocks in native code, so it has a thread of its own, and this one sees whether the others live.
     *
     * @param what is connected to, for messages
     */
    static <T> T within(Rendezvous rendezvous, long deadline, Supplier<T> connecting, String what) {
        CompletableFuture<T> connected = new CompletableFuture<>();
        Thread thread = new Thread(
                () -> {
                    try {
                        connected.complete(connecting.get());
                    } catch (Throwable e) {
                        connected.completeExceptionally(e);
                    }
                },
                "vit4j-connect");
        thread.setDaemon(true);
        thread.start();
        while (true) {
            try {
                return connected.get(POLL_MILLIS, TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                rendezvous.checkAlive();
                if (System.nanoTime() > deadline) {
                    throw new InputException(what + " cannot be reached within "
                            + rendezvous.timeout().toSeconds() + " s" + MEND);
                }
            } catch (ExecutionException e) {
                rendezvous.checkAlive();
                throw new InputException(
                        what + " cannot be reached (" + Rendezvous.firstLine(e.getCause()) + ")" + MEND, e.getCause());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new RankFailedException("interrupted while connecting to other ranks", e);
            }
        }
    }

    private static Milliseconds collectiveTimeout(Rendezvous rendezvous) {
        return new Milliseconds(rendezvous.collectiveTimeout().toMillis());
    }

    private static Backend gloo(Rendezvous rendezvous, Store store, int rank, int size) {
        Loader.load(torch_gloo.class);
        try (Scope scope = new Scope();
                NativeOutput redirected = NativeOutput.toStandardError()) {
            ProcessGroupGloo.Options options = ProcessGroupGloo.Options.create(collectiveTimeout(rendezvous));
            String address = rendezvous.ownAddress().getHostAddress(); // Gloo cannot tell friend from stranger
            options.devices(new GlooDeviceVector(ProcessGroupGloo.createDeviceForHostname(address)));
            return scope.own(new ProcessGroupGloo(store, rank, size, options));
        }
    }

    /** Apart, so that its classes load only where there are GPUs. */
    private static final class Nccl {
        static Backend connect(Rendezvous rendezvous, Store store, int rank, int size) {
            Loader.load(torch_nccl.class);
            setInterface(rendezvous.ownAddress());
            try (Scope scope = new Scope()) {
                ProcessGroupNCCL.Options options = ProcessGroupNCCL.Options.create();
                options.timeout(collectiveTimeout(rendezvous));
                return scope.own(new ProcessGroupNCCL(store, rank, size, options));
            }
        }

        /** NCCL listens on every interface that it finds useful, unless it is told which. */
        private static void setInterface(InetAddress own) {
            try {
                NetworkInterface found = NetworkInterface.getByInetAddress(own);
                if (found != null) {
                    TorchRuntime.setEnvironmentIfAbsent("NCCL_SOCKET_IFNAME", "=" + found.getName());
                }
            } catch (SocketException e) {
                throw new InputException(
                        "the network interface of " + own.getHostAddress() + " cannot be looked up (" + e.getMessage()
                                + "); name it with NCCL_SOCKET_IFNAME",
                        e);
            }
        }
    }
}
