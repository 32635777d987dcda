"""Calls about the guest itself: network, files, volumes, figures. The namespaces of the tests are the guest."""

import ctypes
import os
import stat
import struct
import subprocess
import threading
import unittest

from agent import agent_pb2, oci_pb2, types_pb2
from fixture import AgentTest, entries, process, spec
from ttrpc_client import INTERNAL, INVALID_ARGUMENT, UNIMPLEMENTED

RTNH_F_ONLINK = 4
RESOLV_CONF = "/etc/resolv.conf"
SHARED = "/run/kata-containers/shared/containers"


def ip(*words):
    return subprocess.run(["ip", *words], check=True, capture_output=True, text=True).stdout


class Network(AgentTest):
    MAC = "02:11:22:33:44:55"

    def setUp(self):
        super().setUp()
        ip("link", "add", "found0", "address", self.MAC, "type", "veth", "peer", "name", "peer0")
        self.addCleanup(subprocess.run, ["ip", "link", "del", "peer0"], check=True)
        ip("link", "set", "peer0", "up")

    def interface(self, **changes):
        words = dict(
            device="eth0",
            name="eth0",
            hwAddr=self.MAC,
            mtu=1400,
            IPAddresses=[
                types_pb2.IPAddress(address="10.9.8.7", mask="24"),
                types_pb2.IPAddress(family=types_pb2.v6, address="fd00::7", mask="64"),
            ],
        )
        return types_pb2.Interface(**{**words, **changes})

    def test_an_interface_is_found_by_its_address_and_set_up(self):
        reply = self.call("UpdateInterface", interface=self.interface())
        self.assertEqual(reply, self.interface())
        shown = ip("addr", "show", "eth0")
        for text in ("mtu 1400", "UP", self.MAC, "10.9.8.7/24", "fd00::7/64"):
            self.assertIn(text, shown)
        self.call("UpdateInterface", interface=self.interface())  # once more changes nothing

        listed = {i.name: i for i in self.call("ListInterfaces").Interfaces}
        self.assertEqual(listed["eth0"].hwAddr, self.MAC)
        self.assertEqual(listed["eth0"].mtu, 1400)
        addresses = {(a.address, a.mask, a.family) for a in listed["eth0"].IPAddresses}
        self.assertLessEqual({("10.9.8.7", "24", types_pb2.v4), ("fd00::7", "64", types_pb2.v6)}, addresses)

    def test_a_link_that_has_the_name_makes_way(self):
        ip("link", "add", "eth0", "type", "veth", "peer", "name", "peer1")
        self.addCleanup(subprocess.run, ["ip", "link", "del", "peer1"], check=True)
        self.call("UpdateInterface", interface=self.interface())
        self.assertIn(self.MAC, ip("link", "show", "eth0"))

    def test_flags_switch_arp_off(self):
        self.call("UpdateInterface", interface=self.interface(raw_flags=0x80))
        self.assertIn("NOARP", ip("link", "show", "eth0"))

    def test_a_link_that_is_not_there(self):
        text = self.fails(INTERNAL, "UpdateInterface", interface=self.interface(hwAddr="02:00:00:00:00:99", name="eth7"))
        self.assertIn("Link not found", text)

    def test_nonsense_is_refused(self):
        self.fails(INVALID_ARGUMENT, "UpdateInterface")
        for changes in ({"hwAddr": "nonsense"}, {"name": ""}, {"name": "a" * 16}, {"name": "a/b"}):
            self.fails(INVALID_ARGUMENT, "UpdateInterface", interface=self.interface(**changes))
        bad = [types_pb2.IPAddress(address="10.9.8.700", mask="24")]
        self.fails(INTERNAL, "UpdateInterface", interface=self.interface(IPAddresses=bad))

    def test_routes_and_neighbours(self):
        self.call("UpdateInterface", interface=self.interface())
        routes = [
            types_pb2.Route(gateway="10.9.8.1", device="eth0"),
            types_pb2.Route(dest="192.0.2.0/24", gateway="10.9.7.1", device="eth0", mtu=1300),
            types_pb2.Route(dest="10.9.7.0/24", device="eth0", scope=253, source="10.9.8.7"),
            types_pb2.Route(gateway="fd00::1", device="eth0", family=types_pb2.v6),
        ]
        reply = self.call("UpdateRoutes", routes=agent_pb2.Routes(Routes=routes))
        table = ip("route", "show")
        self.assertIn("default via 10.9.8.1 dev eth0", table)
        self.assertIn("192.0.2.0/24 via 10.9.7.1 dev eth0 mtu 1300", table)
        self.assertIn("10.9.7.0/24 dev eth0 scope link src 10.9.8.7", table)
        self.assertIn("default via fd00::1 dev eth0", ip("-6", "route", "show"))
        listed = {(route.dest, route.gateway) for route in reply.Routes}
        self.assertLessEqual({("", "10.9.8.1"), ("192.0.2.0/24", "10.9.7.1"), ("10.9.7.0/24", "")}, listed)
        self.call("UpdateRoutes", routes=agent_pb2.Routes(Routes=routes))
        again = self.call("ListRoutes").Routes
        self.assertEqual([r for r in again if r.device == "eth0"], [r for r in reply.Routes if r.device == "eth0"])

        neighbour = types_pb2.ARPNeighbor(
            toIPAddress=types_pb2.IPAddress(address="10.9.8.1"), device="eth0", lladdr="02:00:00:00:00:01"
        )
        self.call("AddARPNeighbors", neighbors=agent_pb2.ARPNeighbors(ARPNeighbors=[neighbour]))
        self.assertIn("10.9.8.1 dev eth0 lladdr 02:00:00:00:00:01 PERMANENT", ip("neigh", "show"))

    def test_what_the_host_does_not_name_any_more_is_removed(self):
        self.call("UpdateInterface", interface=self.interface())
        near = types_pb2.Route(gateway="10.9.8.1", device="eth0", metric=100)
        far = types_pb2.Route(dest="192.0.2.0/24", gateway="10.9.8.1", device="eth0", mtu=1300)
        six = types_pb2.Route(dest="fd01::/64", gateway="fd00::1", device="eth0", family=types_pb2.v6)
        self.call("UpdateRoutes", routes=agent_pb2.Routes(Routes=[near, far, six]))
        ip("route", "add", "198.51.100.0/24", "via", "10.9.8.1")
        self.assertIn("fd01::/64", ip("-6", "route", "show"))

        near.gateway = "10.9.8.2"
        self.call("UpdateRoutes", routes=agent_pb2.Routes(Routes=[near]))
        table = ip("route", "show")
        self.assertIn("default via 10.9.8.2 dev eth0 metric 100", table)
        self.assertNotIn("10.9.8.1 dev eth0 metric 100", table)
        self.assertNotIn("192.0.2.0/24", table)
        self.assertNotIn("fd01::/64", ip("-6", "route", "show"))
        self.assertIn("198.51.100.0/24", table)  # somebody else's

        self.call("UpdateRoutes", routes=agent_pb2.Routes())
        self.assertNotIn("default", ip("route", "show"))

        addresses = [types_pb2.IPAddress(address="10.9.9.7", mask="24")]
        self.call("UpdateInterface", interface=self.interface(IPAddresses=addresses))
        shown = ip("addr", "show", "eth0")
        self.assertIn("10.9.9.7/24", shown)
        for gone in ("10.9.8.7", "fd00::7"):
            self.assertNotIn(gone, shown)
        self.assertIn("fe80::", shown)

    def test_routes_to_the_same_destination_differ_by_their_metric(self):
        self.call("UpdateInterface", interface=self.interface())
        routes = [
            types_pb2.Route(gateway="10.9.8.1", device="eth0", metric=100),
            types_pb2.Route(gateway="10.9.8.2", device="eth0", metric=200, mtu=1300),
        ]
        reply = self.call("UpdateRoutes", routes=agent_pb2.Routes(Routes=routes))
        shown = ip("route", "show", "default")
        self.assertIn("via 10.9.8.1 dev eth0 metric 100", shown)
        self.assertIn("via 10.9.8.2 dev eth0 metric 200 mtu 1300", shown)
        listed = {(route.gateway, route.metric, route.mtu) for route in reply.Routes}
        self.assertLessEqual({("10.9.8.1", 100, 0), ("10.9.8.2", 200, 1300)}, listed)

    def test_a_gateway_that_no_address_reaches_is_on_the_link_where_the_route_says_so(self):
        lonely = [types_pb2.IPAddress(address="10.9.8.7", mask="32")]
        self.call("UpdateInterface", interface=self.interface(IPAddresses=lonely))
        route = types_pb2.Route(gateway="169.254.1.1", device="eth0", source="10.9.8.7", metric=50, mtu=1300, flags=RTNH_F_ONLINK)
        without = types_pb2.Route(gateway="169.254.1.1", device="eth0")
        self.assertIn("169.254.1.1", self.fails(INTERNAL, "UpdateRoutes", routes=agent_pb2.Routes(Routes=[without])))
        reply = self.call("UpdateRoutes", routes=agent_pb2.Routes(Routes=[route]))
        shown = ip("route", "show", "default")
        self.assertIn("default via 169.254.1.1 dev eth0 src 10.9.8.7 metric 50 onlink mtu 1300", " ".join(shown.split()))
        told = [r for r in reply.Routes if r.gateway == "169.254.1.1"]
        self.assertEqual([(r.flags & RTNH_F_ONLINK, r.source, r.metric, r.mtu) for r in told], [(RTNH_F_ONLINK, "10.9.8.7", 50, 1300)])

    def test_a_guest_without_ipv6_leaves_it_out(self):
        def switch(off):
            with open("/proc/sys/net/ipv6/conf/all/disable_ipv6", "w") as file:
                file.write("1" if off else "0")

        switch(True)
        self.addCleanup(switch, False)
        self.call("UpdateInterface", interface=self.interface())
        shown = ip("addr", "show", "eth0")
        self.assertIn("10.9.8.7/24 brd 10.9.8.255", shown)
        self.assertNotIn("inet6", shown)
        route = types_pb2.Route(gateway="fd00::1", device="eth0", family=types_pb2.v6)
        self.call("UpdateRoutes", routes=agent_pb2.Routes(Routes=[route]))

    def test_a_route_that_leads_nowhere(self):
        routes = [types_pb2.Route(dest="192.0.2.0/24", gateway="203.0.113.1", device="found0")]
        self.assertIn("192.0.2.0/24", self.fails(INTERNAL, "UpdateRoutes", routes=agent_pb2.Routes(Routes=routes)))

    def test_network_parameters_of_a_container_are_set_in_the_guest(self):
        self.sandbox()
        cid = self.run_container("sleep", "100", Sysctl=entries({"net.ipv4.ip_unprivileged_port_start": "7"}))
        self.assertEqual(self.output_of(cid, "cat", "/proc/sys/net/ipv4/ip_unprivileged_port_start"), "7\n")
        text = self.fails(
            INTERNAL, "CreateContainer", container_id="bad", OCI=spec(process("true"), Sysctl=entries({"net.../../kernel.hostname": "x"}))
        )
        self.assertIn("sysctl", text)


class Dns(AgentTest):
    """The guest's own /etc/resolv.conf; containers get theirs by a mount."""

    COPY = "/run/kata-containers/sandbox/resolv.conf"

    def setUp(self):
        super().setUp()
        # One of the test's own, in this mount namespace only.
        own = f"{self.directory}/resolv.conf"
        with open(own, "w", encoding="ascii") as file:
            file.write("nameserver 192.0.2.1\n")
        subprocess.run(["mount", "--bind", own, RESOLV_CONF], check=True)
        self.addCleanup(subprocess.run, ["umount", RESOLV_CONF], check=True)

    def content(self):
        with open(RESOLV_CONF, encoding="ascii") as file:
            return file.read()

    def test_the_lines_of_the_sandbox_are_laid_over_those_of_the_image(self):
        self.sandbox(dns=["  search a.test b.test \n", "nameserver 192.0.2.53", "options ndots:5\r\n"])
        self.addCleanup(subprocess.run, ["umount", RESOLV_CONF], check=True)
        wanted = "search a.test b.test\nnameserver 192.0.2.53\noptions ndots:5\n"
        self.assertEqual(self.content(), wanted)
        with open(self.COPY, encoding="ascii") as file:
            self.assertEqual(file.read(), wanted)
        # Bound over it, not written into the image's.
        subprocess.run(["umount", RESOLV_CONF], check=True)
        self.assertEqual(self.content(), "nameserver 192.0.2.1\n")
        subprocess.run(["mount", "--bind", self.COPY, RESOLV_CONF], check=True)

    def test_a_sandbox_that_names_no_servers_changes_nothing(self):
        self.sandbox()
        self.assertEqual(self.content(), "nameserver 192.0.2.1\n")
        self.assertFalse(os.path.exists(self.COPY))


class Files(AgentTest):
    def copy(self, path, data=b"", mode=stat.S_IFREG | 0o640, size=None, **words):
        self.call(
            "CopyFile", path=path, data=data, file_mode=mode, file_size=len(data) if size is None else size, dir_mode=0o750, **words
        )

    def setUp(self):
        super().setUp()
        self.sandbox()

    def test_a_file_in_chunks(self):
        path = f"{SHARED}/dir/sub/file"
        self.copy(path, b"abc", size=6, uid=12, gid=34)
        self.assertFalse(os.path.exists(path), "half a file is there to be seen")
        self.copy(path, b"def", size=6, offset=3, uid=12, gid=34)
        with open(path, "rb") as file:
            self.assertEqual(file.read(), b"abcdef")
        status = os.stat(path)
        self.assertEqual((stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid), (0o640, 12, 34))
        self.assertEqual(stat.S_IMODE(os.stat(f"{SHARED}/dir").st_mode), 0o750)
        self.assertEqual(os.listdir(f"{SHARED}/dir/sub"), ["file"])
        self.copy(path, b"new")
        with open(path, "rb") as file:
            self.assertEqual(file.read(), b"new")

    def test_an_empty_file_a_directory_and_a_link(self):
        self.copy(f"{SHARED}/empty")
        self.assertEqual(os.stat(f"{SHARED}/empty").st_size, 0)
        self.copy(f"{SHARED}/made", mode=stat.S_IFDIR | 0o711)
        self.assertEqual(stat.S_IMODE(os.stat(f"{SHARED}/made").st_mode), 0o711)
        for target in (b"/etc/passwd", b"other"):
            self.copy(f"{SHARED}/link", target, mode=stat.S_IFLNK | 0o777)
            self.assertEqual(os.readlink(f"{SHARED}/link").encode(), target)

    def test_nothing_leaves_the_shared_directory(self):
        for path in ("/run/x", f"{SHARED}/../x", f"{SHARED}/a/../../../x", f"{SHARED}", f"{SHARED}/", "x", f"{SHARED}2/x"):
            self.fails(INVALID_ARGUMENT, "CopyFile", path=path, data=b"x", file_size=1, file_mode=stat.S_IFREG | 0o600)
        os.symlink("/run", f"{SHARED}/out") if os.path.isdir(SHARED) else None
        self.copy(f"{SHARED}/there")
        if not os.path.islink(f"{SHARED}/out"):
            os.symlink("/run", f"{SHARED}/out")
        self.fails(INTERNAL, "CopyFile", path=f"{SHARED}/out/x", data=b"x", file_size=1, file_mode=stat.S_IFREG | 0o600)
        self.assertFalse(os.path.exists("/run/x"))
        # a link in the place of the target is replaced, not followed
        os.symlink("/run/y", f"{SHARED}/target")
        self.copy(f"{SHARED}/target", b"x")
        self.assertFalse(os.path.islink(f"{SHARED}/target") or os.path.exists("/run/y"))

    def test_bytes_beyond_the_size_are_refused(self):
        self.fails(INVALID_ARGUMENT, "CopyFile", path=f"{SHARED}/f", data=b"xx", file_size=1, file_mode=stat.S_IFREG | 0o600)
        self.fails(INVALID_ARGUMENT, "CopyFile", path=f"{SHARED}/f", data=b"x", file_size=9, offset=-1, file_mode=stat.S_IFREG)


class Storages(AgentTest):
    SHM = "/run/kata-containers/sandbox/shm"

    def shm(self, **changes):
        options = ["nosuid", "mode=1777", "size=1048576"]
        words = dict(driver="ephemeral", source="shm", fstype="tmpfs", mount_point=self.SHM, options=options)
        return agent_pb2.Storage(**{**words, **changes})

    def mounts(self):
        with open("/proc/mounts", encoding="ascii") as mounts:
            return {line.split()[1]: line for line in mounts}

    def test_the_shm_of_a_sandbox(self):
        self.sandbox(storages=[self.shm()])
        line = self.mounts()[self.SHM]
        self.assertIn("size=1024k", line)
        self.assertIn("nosuid", line)
        self.assertEqual(stat.S_IMODE(os.stat(self.SHM).st_mode), 0o1777)
        self.call("UpdateEphemeralMounts", storages=[self.shm(options=["size=2097152"])])
        self.assertIn("size=2048k", self.mounts()[self.SHM])
        self.call("DestroySandbox")
        self.assertEqual(self.agent.wait(10), 0)
        self.assertNotIn(self.SHM, self.mounts())

    def test_a_mount_is_undone_when_its_last_user_goes(self):
        self.sandbox()
        point = "/run/kata-containers/sandbox/ephemeral/volume"
        storage = self.shm(mount_point=point, options=["fsgid=123"])
        for cid in ("one", "two"):
            self.call("CreateContainer", container_id=cid, storages=[storage], OCI=spec(process("true")))
        self.assertEqual(os.stat(point).st_gid, 123)
        self.remove("one")
        self.assertIn(point, self.mounts())
        self.remove("two")
        self.assertNotIn(point, self.mounts())
        self.assertFalse(os.path.exists(point))

    def test_a_local_directory_and_a_bind_mount(self):
        self.sandbox()
        point = f"{SHARED}/sandbox/rootfs/local/empty"
        storages = [agent_pb2.Storage(driver="local", source="local", fstype="local", mount_point=point, options=["mode=0777"])]
        what = spec(process("touch", "/volume/file"))
        what.Mounts.append(oci_pb2.Mount(destination="/volume", source=point, type="bind", options=["rbind"]))
        self.call("CreateContainer", container_id="cc", storages=storages, OCI=what)
        self.call("StartContainer", container_id="cc")
        self.assertEqual(self.wait("cc"), 0)
        self.assertTrue(os.path.exists(f"{point}/file"))

    VOLUME = "/run/kata-containers/sandbox/volumes/kind/config"

    def volume(self, stamp, keys, extra=()):
        """A volume as a kubelet fills it: a directory with the files, ..data leads to it, names lead through that."""
        entry = agent_pb2.VolumeFile
        files = [entry(path=".", mode=stat.S_IFDIR | 0o1777, gid=7), entry(path=stamp, mode=stat.S_IFDIR | 0o755, gid=7)]
        files += [entry(path=f"{stamp}/{key}", mode=stat.S_IFREG | 0o640, uid=5, gid=7, content=data) for key, data in keys.items()]
        files += [entry(path="..data", mode=stat.S_IFLNK | 0o777, content=stamp.encode())]
        files += [entry(path=key, mode=stat.S_IFLNK | 0o777, content=f"..data/{key}".encode()) for key in keys]
        return agent_pb2.Storage(driver="files", source="files", fstype="files", mount_point=self.VOLUME, files=[*files, *extra])

    def found(self):
        found = {}
        for key in os.listdir(self.VOLUME):
            if not key.startswith(".."):
                with open(f"{self.VOLUME}/{key}", "rb") as file:
                    status = os.fstat(file.fileno())
                    found[key] = (file.read(), status.st_uid, status.st_gid)
        return found

    def watch(self, path):
        """Returns what reads the events of a directory that have come: pairs of mask and name."""
        libc = ctypes.CDLL(None, use_errno=True)
        fd = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        self.addCleanup(os.close, fd)
        self.assertGreater(libc.inotify_add_watch(fd, path.encode(), 0x100 | 0x40 | 0x80 | 0x200 | 0x4), 0)
        kinds = {0x100: "create", 0x40: "moved-from", 0x80: "moved-to", 0x200: "delete", 0x4: "attributes"}

        def events():
            found = []
            try:
                data = os.read(fd, 1 << 16)
            except BlockingIOError:
                return found
            while data:
                _, mask, _, length = struct.unpack_from("iIII", data)
                found.append((kinds[mask & 0x3C4], data[16 : 16 + length].rstrip(b"\0").decode()))
                data = data[16 + length :]
            return found

        return events

    def test_who_watches_a_volume_of_files_learns_of_changes(self):
        self.sandbox()
        storage = self.volume("..1", {"key": b"old\0", "gone": b"x"})
        self.call("CreateContainer", container_id="one", storages=[storage], OCI=spec(process("true")))
        self.assertEqual(self.found(), {"key": (b"old\0", 5, 7), "gone": (b"x", 5, 7)})
        top = os.stat(self.VOLUME)
        self.assertEqual((stat.S_IMODE(top.st_mode), top.st_gid), (0o1777, 7))
        events = self.watch(self.VOLUME)
        self.call("UpdateEphemeralMounts", storages=[storage])
        self.assertEqual(events(), [], "what is the same wakes nobody")
        self.call("UpdateEphemeralMounts", storages=[self.volume("..2", {"key": b"new", "more": b""})])
        self.assertEqual(self.found(), {"key": (b"new", 5, 7), "more": (b"", 5, 7)})
        self.assertEqual(sorted(os.listdir(self.VOLUME)), ["..2", "..data", "key", "more"])
        self.assertEqual(
            events(),
            [
                ("create", "..2"),
                ("attributes", "..2"),
                ("create", "..data_tmp"),
                ("moved-from", "..data_tmp"),
                ("moved-to", "..data"),
                ("create", "more"),
                ("delete", "gone"),
                ("delete", "..1"),
            ],
        )
        # A container that comes later brings what is newest by then; the files go with their last user.
        self.call("CreateContainer", container_id="two", storages=[self.volume("..3", {"key": b"3"})], OCI=spec(process("true")))
        self.assertEqual(self.found(), {"key": (b"3", 5, 7)})
        self.remove("one")
        self.assertTrue(os.path.exists(self.VOLUME))
        self.remove("two")
        self.call("UpdateEphemeralMounts", storages=[storage])
        self.assertFalse(os.path.exists(self.VOLUME))

    def test_files_of_a_volume_stay_in_it(self):
        self.sandbox()
        entry = agent_pb2.VolumeFile
        outside = "/run/kata-containers/outside"
        os.makedirs(outside)
        link = entry(path="link", mode=stat.S_IFLNK | 0o777, content=outside.encode())
        for path in ("../up", "link/through", "/run/absolute", "", "a/..", "missing/parent"):
            bad = self.volume("..1", {}, [link, entry(path=path, mode=stat.S_IFREG | 0o600, content=b"x")])
            self.fails(INTERNAL, "CreateContainer", container_id="bad", storages=[bad], OCI=spec(process("true")))
        bad = self.volume("..1", {}, [entry(path="device", mode=stat.S_IFCHR | 0o600)])
        self.fails(INTERNAL, "CreateContainer", container_id="bad", storages=[bad], OCI=spec(process("true")))
        self.assertEqual(os.listdir(outside), [])
        self.assertFalse(os.path.exists("/run/absolute"))

    def test_an_overlay_as_root(self):
        self.sandbox()
        lower = os.environ["ROOTFS"]
        storage = agent_pb2.Storage(
            driver="overlayfs",
            source="none",
            fstype="overlay",
            mount_point="/run/kata-containers/over/rootfs",
            options=[f"lowerdir={lower}", "io.katacontainers.fs-opt.overlay-rw"],
        )
        self.call("CreateContainer", container_id="over", storages=[storage], OCI=spec(process("touch", "/only-above")))
        self.call("StartContainer", container_id="over")
        self.assertEqual(self.wait("over"), 0)
        self.assertTrue(os.path.exists("/run/kata-containers/over/rootfs/only-above"))
        self.assertFalse(os.path.exists(f"{lower}/only-above"))
        self.remove("over")
        self.assertFalse(os.path.exists("/run/kata-containers/over"))

    def test_a_disk_in_a_file_under_an_overlay(self):
        self.sandbox()
        lower, bundle = os.environ["ROOTFS"], "/run/kata-containers/over"
        disk = "/run/disk.ext4"
        with open(disk, "wb") as file:
            file.truncate(64 << 20)
        self.addCleanup(os.remove, disk)
        subprocess.run(["mkfs.ext4", "-q", "-F", disk], check=True)
        upper, work = f"{bundle}/writable/upper", f"{bundle}/writable/work"
        create = "io.katacontainers.volume.overlayfs.create_directory="
        storages = [
            agent_pb2.Storage(driver="loop", source=disk, fstype="ext4", mount_point=f"{bundle}/writable"),
            agent_pb2.Storage(
                driver="overlayfs",
                driver_options=[create + upper, create + work],
                source="overlay",
                fstype="overlay",
                options=[f"lowerdir={lower}", f"upperdir={upper}", f"workdir={work}"],
                mount_point=f"{bundle}/rootfs",
            ),
        ]
        os.chmod(lower, 0o751)
        self.addCleanup(os.chmod, lower, 0o755)
        for kept in (False, True):
            self.call("CreateContainer", container_id="over", storages=storages, OCI=spec(process("touch", "/only-above")))
            self.assertEqual(stat.S_IMODE(os.stat(f"{bundle}/rootfs").st_mode), 0o751)
            self.assertEqual(os.path.exists(f"{bundle}/rootfs/only-above"), kept)
            self.call("StartContainer", container_id="over")
            self.assertEqual(self.wait("over"), 0)
            self.remove("over")
            self.assertFalse(os.path.exists(bundle))
            self.assertNotIn(disk, subprocess.run(["losetup", "-a"], check=True, capture_output=True, text=True).stdout)
        self.assertFalse(os.path.exists(f"{lower}/only-above"))

    def test_a_disk_that_is_none(self):
        self.sandbox()
        for source in ("/run/not-there", "/etc/hostname"):
            storage = agent_pb2.Storage(driver="loop", source=source, fstype="ext4", mount_point="/run/kata-containers/over/writable")
            text = self.fails(INTERNAL, "CreateContainer", container_id="over", storages=[storage], OCI=spec(process("true")))
            self.assertIn(source if source == "/run/not-there" else "/dev/loop", text)

    def test_a_share_that_is_being_plugged_in_is_waited_for(self):
        # A kernel without virtio-fs says the same of a disk that nobody has formatted: the superblock comes later.
        disk = "/run/disk.ext4"
        with open(disk, "wb") as file:
            file.truncate(16 << 20)
        self.addCleanup(os.remove, disk)
        subprocess.run(["mkfs.ext4", "-q", "-F", disk], check=True)
        with open(disk, "r+b") as file:
            head = file.read(4096)
            file.seek(0)
            file.write(bytes(len(head)))
        device = subprocess.run(["losetup", "--find", "--show", disk], check=True, capture_output=True, text=True).stdout.strip()
        self.addCleanup(subprocess.run, ["losetup", "--detach", device], check=True)

        def plug():
            with open(device, "r+b") as file:
                file.write(head)

        storage = agent_pb2.Storage(driver="virtio-fs", source=device, fstype="ext4", mount_point="/run/kata-containers/share")
        self.assertIn("Invalid argument", self.fails(INTERNAL, "CreateSandbox", sandbox_id="sandbox", storages=[storage]))
        later = threading.Timer(0.3, plug)
        later.start()
        self.addCleanup(later.join)
        self.sandbox(storages=[storage])
        self.assertTrue(os.path.ismount("/run/kata-containers/share"))

    def test_a_driver_that_is_not_known_and_a_device_that_does_not_come(self):
        text = self.fails(INTERNAL, "CreateSandbox", storages=[self.shm(driver="nonsense")])
        self.assertIn("Failed to find the storage handler", text)
        self.sandbox()
        for source in ("02/01", "/dev/vdz"):
            storage = agent_pb2.Storage(driver="blk", source=source, fstype="ext4", mount_point="/run/kata-containers/disk")
            text = self.fails(INTERNAL, "CreateContainer", container_id="cc", storages=[storage], OCI=spec(process("true")))
            self.assertIn("Timeout", text)

    def test_figures_of_a_volume(self):
        self.sandbox(storages=[self.shm()])
        reply = self.call("GetVolumeStats", volume_guest_path=self.SHM)
        self.assertEqual(reply.usage[0].total, 1048576)
        self.assertEqual(reply.usage[0].unit, 1)
        self.assertGreater(reply.usage[1].total, 0)
        self.assertFalse(reply.volume_condition.abnormal)
        self.fails(INTERNAL, "GetVolumeStats", volume_guest_path="/nowhere")


class Figures(AgentTest):
    def test_details(self):
        details = self.call("GetGuestDetails", mem_block_size=True, mem_hotplug_probe=True).agent_details
        self.assertFalse(details.init_daemon)
        self.assertTrue(details.supports_seccomp)
        self.assertIn("virtio-fs", details.storage_handlers)

    def test_metrics_are_prometheus_text(self):
        text = self.call("GetMetrics").metrics
        for line in text.splitlines():
            self.assertRegex(
                line,
                r'^(# (HELP|TYPE) \S+ .+|(kata_(agent|guest)|saya_guest_pressure)_\w+(\{\w+="[^"]+"(,\w+="[^"]+")*\})? [-+.e0-9]+)$')
        for name in ("kata_agent_process_resident_memory_bytes ", "kata_agent_total_time ", "kata_agent_total_vm ", "kata_agent_total_rss ",
                     'kata_agent_proc_stat{item="cstime"}', 'kata_agent_proc_status{item="vmrss"}',
                     'kata_agent_proc_status{item="nonvoluntary_ctxt_switches"}', 'kata_agent_io_stat{item="cancelled_write_bytes"}',
                     'kata_guest_meminfo{item="mem_available"}',
                     'kata_guest_meminfo{item="active_anon"}', 'kata_guest_meminfo{item="s_reclaimable"}',
                     'kata_guest_meminfo{item="hugepages_total"}', 'kata_guest_meminfo{item="direct_map4k"}',
                     'kata_guest_meminfo{item="committed_as"}',
                     "kata_guest_load", 'kata_guest_tasks{item="max"}', 'kata_guest_netdev_stat{interface="lo",item="sent_bytes"}',
                     "kata_guest_diskstat{", "kata_guest_filesystem_bytes{", "kata_guest_filesystem_inodes{"):
            self.assertIn(name, text)

    def test_metrics_count_memory_in_bytes(self):
        with open("/proc/meminfo", encoding="ascii") as meminfo:
            total = int(meminfo.readline().split()[1]) * 1024
        self.assertIn(f'kata_guest_meminfo{{item="mem_total"}} {total}\n', self.call("GetMetrics").metrics)

    def test_stats_of_a_container(self):
        self.sandbox()
        cid = self.run_container("sh", "-c", "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; echo done; sleep 100")
        self.assertEqual(self.call("ReadStdout", container_id=cid, len=10).data, b"done\n")
        stats = self.call("StatsContainer", container_id=cid).cgroup_stats
        self.assertGreater(stats.cpu_stats.cpu_usage.total_usage, 0)
        self.fails(INVALID_ARGUMENT, "StatsContainer", container_id="nobody")

    def test_figures_have_the_links_of_the_pod_and_what_was_killed(self):
        self.sandbox()
        cid = self.run_container("sleep", "100")
        reply = self.call("StatsContainer", container_id=cid)
        self.assertNotIn("lo", [link.name for link in reply.network_stats])
        stats = reply.cgroup_stats
        self.assertIn("oom_kill", [line.key for line in stats.memory_stats.stats])
        self.assertLessEqual(stats.memory_stats.swap_usage.usage, stats.memory_stats.usage.usage)
        for pressure in stats.pressure:
            self.assertIn(pressure.resource, ("cpu", "memory", "io"))
            self.assertTrue(pressure.HasField("some"))

    def test_swap_needs_a_disk_that_is_there(self):
        self.fails(INVALID_ARGUMENT, "AddSwap", PCIPath=[])
        self.fails(INTERNAL, "AddSwapPath", path="/dev/null")

    def test_what_is_not_offered_says_so(self):
        for method in ("SetPolicy", "GetIPTables", "SetIPTables", "ResizeVolume", "MemAgentMemcgSet"):
            self.fails(UNIMPLEMENTED, method)

    def test_where_there_is_nothing_to_give_up_that_is_said(self):
        for _ in range(2):
            self.assertEqual(self.call("Reclaim", bytes=0).bytes, 0)

    def test_processors_are_counted(self):
        self.call("OnlineCPUMem", nb_cpus=1, cpu_only=True)

    def test_the_last_words_of_a_program(self):
        self.sandbox()
        path = f"{SHARED}/words"
        self.call("CopyFile", path=path, data=b"", file_mode=stat.S_IFREG | 0o666)
        what = spec(process("sh", "-c", "echo goodbye > /dev/termination-log"))
        what.Mounts.append(oci_pb2.Mount(destination="/dev/termination-log", source=path, type="bind", options=["bind"]))
        what.Annotations.add(key="io.kubernetes.container.terminationMessagePath", value="/dev/termination-log")
        self.call("CreateContainer", container_id="cc", OCI=what)
        self.call("StartContainer", container_id="cc")
        self.assertEqual(self.wait("cc"), 0)
        self.assertEqual(self.call("GetDiagnosticData", container_id="cc", log_type="termination_log").data, "goodbye\n")
        self.fails(INVALID_ARGUMENT, "GetDiagnosticData", container_id="cc", log_type="other")


if __name__ == "__main__":
    unittest.main()
