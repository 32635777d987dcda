package io.saya.network.netlink;

/**
 * Numbers of rtnetlink: {@code linux/rtnetlink.h}, {@code if_link.h}, {@code if_addr.h}, {@code
 * neighbour.h}, {@code pkt_sched.h}, {@code pkt_cls.h}.
 */
public final class Rtnetlink {
    // Of every message.
    public static final int ERROR = 2;
    public static final int DONE = 3;
    public static final int REQUEST = 0x1;
    public static final int ACK = 0x4;
    public static final int DUMP = 0x300;
    public static final int REPLACE = 0x100;
    public static final int EXCLUSIVE = 0x200;
    public static final int CREATE = 0x400;

    public static final int NEW_LINK = 16;
    public static final int DELETE_LINK = 17;
    public static final int GET_LINK = 18;
    public static final int NEW_ADDRESS = 20;
    public static final int DELETE_ADDRESS = 21;
    public static final int GET_ADDRESS = 22;
    public static final int NEW_ROUTE = 24;
    public static final int GET_ROUTE = 26;
    public static final int NEW_NEIGHBOR = 28;
    public static final int GET_NEIGHBOR = 30;
    public static final int NEW_QDISC = 36;
    public static final int DELETE_QDISC = 37;
    public static final int GET_QDISC = 38;
    public static final int NEW_FILTER = 44;

    public static final int AF_UNSPEC = 0;
    public static final int AF_INET = 2;
    public static final int AF_INET6 = 10;

    // Links.
    public static final int LINK_HEADER = 16;
    public static final int IFF_UP = 0x1;
    public static final int IFF_LOOPBACK = 0x8;
    public static final int IFF_NOARP = 0x80;
    public static final int IFF_ALLMULTI = 0x200;
    public static final int ARPHRD_ETHER = 1;
    public static final int IFLA_ADDRESS = 1;
    public static final int IFLA_IFNAME = 3;
    public static final int IFLA_MTU = 4;
    public static final int IFLA_LINK = 5;
    public static final int IFLA_LINKINFO = 18;
    public static final int IFLA_AF_SPEC = 26;
    public static final int IFLA_PARENT_DEV_NAME = 56;
    public static final int IFLA_PARENT_DEV_BUS_NAME = 57;
    public static final int IFLA_INFO_KIND = 1;
    public static final int IFLA_INFO_DATA = 2;
    public static final int IFLA_INET6_ADDR_GEN_MODE = 8;
    public static final int IN6_ADDR_GEN_MODE_NONE = 1;
    public static final int IFLA_MACVLAN_MODE = 1;
    public static final int MACVLAN_MODE_BRIDGE = 4;
    public static final int IFLA_TUN_TYPE = 3;
    public static final int TUN_TYPE_TAP = 2;

    // Addresses.
    public static final int ADDRESS_HEADER = 8;
    public static final int IFA_ADDRESS = 1;
    public static final int IFA_LOCAL = 2;
    public static final int IFA_FLAGS = 8;
    public static final int IFA_F_DADFAILED = 0x8;

    // Routes.
    public static final int ROUTE_HEADER = 12;
    public static final int RT_TABLE_UNSPEC = 0;
    public static final int RT_TABLE_MAIN = 254;
    public static final int RT_TABLE_LOCAL = 255;
    public static final int RTPROT_KERNEL = 2;
    public static final int RTN_UNICAST = 1;
    public static final int RTM_F_CLONED = 0x200;
    public static final int RTA_DST = 1;
    public static final int RTA_OIF = 4;
    public static final int RTA_GATEWAY = 5;
    public static final int RTA_PRIORITY = 6;
    public static final int RTA_PREFSRC = 7;
    public static final int RTA_METRICS = 8;
    public static final int RTA_MULTIPATH = 9;
    public static final int RTA_TABLE = 15;
    public static final int RTAX_MTU = 2;
    public static final int RTNH_F_ONLINK = 4;

    // Neighbours.
    public static final int NEIGHBOR_HEADER = 12;
    public static final int NUD_REACHABLE = 0x02;
    public static final int NUD_STALE = 0x04;
    public static final int NUD_DELAY = 0x08;
    public static final int NUD_PROBE = 0x10;
    public static final int NUD_PERMANENT = 0x80;
    public static final int NDA_DST = 1;
    public static final int NDA_LLADDR = 2;

    // Traffic control.
    public static final int QDISC_HEADER = 20;
    public static final int TC_H_ROOT = 0xffffffff;
    public static final int TC_H_INGRESS = 0xfffffff1;
    public static final int INGRESS_HANDLE = 0xffff0000;
    public static final int TCA_KIND = 1;
    public static final int TCA_OPTIONS = 2;
    public static final int TCA_U32_SEL = 5;
    public static final int TCA_U32_ACT = 7;
    public static final int TC_U32_TERMINAL = 1;
    public static final int TCA_ACT_KIND = 1;
    public static final int TCA_ACT_OPTIONS = 2;
    public static final int TCA_MIRRED_PARMS = 2;
    public static final int TCA_EGRESS_REDIR = 1;
    public static final int TC_ACT_STOLEN = 4;
    public static final int TCA_TBF_PARMS = 1;
    public static final int TCA_TBF_RATE64 = 4;
    public static final int TCA_TBF_BURST = 6;
    public static final int TC_LINKLAYER_ETHERNET = 1;

    // Errors.
    public static final int EEXIST = 17;
    public static final int EBUSY = 16;

    private Rtnetlink() {}
}
