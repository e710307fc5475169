package io.vit4j.parallel;

import io.vit4j.base.InputException;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The addresses of a job: rank 0's, and the one on which a rank listens for tensors. Each is one address, never all
 * interfaces of the machine.
 */
final class RankNetwork {
    private static final String GLOO = "GLOO_SOCKET_IFNAME";

    private final RankEnvironment self;
    private final Optional<String> named;
    private final InetAddress first;

    private RankNetwork(RankEnvironment self, Optional<String> named, InetAddress first) {
        this.self = self;
        this.named = named;
        this.first = first;
    }

    /**
     * Looks the addresses up.
     *
     * @param asked the interface that the user names, if any
     * @throws InputException if there is no such host or interface, or rank 0 would have to listen elsewhere
     */
    static RankNetwork of(RankEnvironment self, Optional<String> asked, Map<String, String> environment) {
        Optional<String> named = asked.map(String::strip)
                .or(() -> Optional.of(
                        environment.getOrDefault(GLOO, "").split(",", 2)[0].strip()))
                .filter(name -> !name.isEmpty());
        Optional<InetAddress> ours = named.map(name -> addressOf(name, asked.isPresent() ? "--interface" : GLOO));
        InetAddress master;
        boolean isOwn;
        try {
            master = InetAddress.getByName(self.masterAddress());
            isOwn = master.isLoopbackAddress() || NetworkInterface.getByInetAddress(master) != null;
        } catch (IOException e) {
            throw new InputException(
                    "MASTER_ADDR " + self.masterAddress() + " is not a host known to this machine; correct it", e);
        }
        if (ours.isPresent() && master.isLoopbackAddress()) {
            return new RankNetwork(self, named, ours.get()); // on this machine, and on that interface
        }
        if (self.rank() == 0 && !isOwn) {
            return new RankNetwork(
                    self,
                    named,
                    ours.orElseThrow(() -> new InputException("MASTER_ADDR " + self.masterAddress() + " ("
                            + master.getHostAddress() + ") is no address of this machine, on which rank 0 is to listen;"
                            + " correct it, or name the network interface with --interface (" + interfaces() + ")")));
        }
        return new RankNetwork(self, named, master);
    }

    private static InetAddress addressOf(String name, String source) {
        try {
            NetworkInterface found = NetworkInterface.getByName(name);
            if (found == null) {
                throw new InputException(
                        source + " " + name + " is no network interface of this machine; it has " + interfaces());
            }
            return found.inetAddresses()
                    .min((a, b) -> Boolean.compare(b instanceof Inet4Address, a instanceof Inet4Address))
                    .orElseThrow(() -> new InputException(source + " " + name
                            + " is a network interface without an address; name another of " + interfaces()));
        } catch (SocketException e) {
            throw new InputException(
                    source + " " + name + " cannot be looked up (" + e.getMessage() + "); name another", e);
        }
    }

    private static String interfaces() {
        try {
            return NetworkInterface.networkInterfaces()
                    .map(NetworkInterface::getName)
                    .sorted()
                    .collect(Collectors.joining(", "));
        } catch (SocketException e) {
            return "none that can be listed";
        }
    }

    /** Where rank 0 listens and the others connect. */
    InetAddress first() {
        return first;
    }

    /** Whether rank 0 can be reached from this machine alone. */
    boolean isLocal() {
        return first.isLoopbackAddress();
    }

    /**
     * Where this rank listens for tensors.
     *
     * @param towardsFirst the address by which it reaches rank 0
     */
    InetAddress own(InetAddress towardsFirst) {
        return named.map(name -> addressOf(name, "--interface")).orElse(towardsFirst);
    }

    /** Why the others may not have come, if it is that they cannot. */
    String hint() {
        String asked = self.masterAddress();
        return isLocal() && !asked.equals("localhost") && !asked.equals(first.getHostAddress())
                ? "; MASTER_ADDR " + asked + " is " + first.getHostAddress()
                        + " on this machine, which no other reaches: name its network interface with --interface"
                : "";
    }
}
