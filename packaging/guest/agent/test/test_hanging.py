"""Volumes of the host's that hang: whoever needs one waits, and nobody else."""

import os

from agent import agent_pb2
from fixture import AgentTest, process, spec
from hanging import HangingFileSystem
from ttrpc_client import Status

SHARED = "/run/kata-containers/shared/containers"
DIRECTORY = f"{SHARED}/hanging"
VOLUME = f"{DIRECTORY}/volume"


class Hanging(AgentTest):
    def setUp(self):
        super().setUp()
        self.sandbox()
        os.makedirs(DIRECTORY)
        self.volume = HangingFileSystem(DIRECTORY)
        self.addCleanup(self.volume.close)

    def holds_nobody_up(self, method, **arguments):
        """A call that waits for the volume: everything else goes on, and it fails when the volume has gone."""
        waiting = self.client.begin(method, **arguments)
        self.assertTrue(self.volume.asked.wait(20), "nobody asked for the volume")
        cid = self.run_container("sleep", "100")
        self.assertEqual(self.output_of(cid, "echo", "others go on"), "others go on\n")
        self.remove(cid)
        self.assertFalse(self.client.is_answered(waiting, 0))
        self.volume.close()
        with self.assertRaises(Status) as failure:
            self.client.end(waiting)
        return failure.exception.message

    def with_mount(self, source, destination):
        what = spec(process("sleep", "100"))
        what.Mounts.add(destination=destination, source=source, type="bind", options=["rbind"])
        return what

    def test_a_volume_of_a_container(self):
        oci = self.with_mount(VOLUME, "/mnt")
        self.holds_nobody_up("CreateContainer", container_id="hangs", exec_id="hangs", OCI=oci)
        self.call("CreateContainer", container_id="hangs", exec_id="hangs", OCI=spec(process("true")))

    def test_it_has_the_time_that_the_caller_gives(self):
        oci = self.with_mount(VOLUME, "/mnt")
        with self.assertRaises(Status) as failure:
            self.call("CreateContainer", timeout=4, container_id="hangs", exec_id="hangs", OCI=oci)
        self.assertRegex(failure.exception.message, "crun was killed after [12] s")
        storage = agent_pb2.Storage(driver="virtio-fs", source=VOLUME, fstype="bind", options=["bind"], mount_point="/run/storage-late")
        with self.assertRaises(Status) as failure:
            self.call(
                "CreateContainer", timeout=4, container_id="late", exec_id="late", OCI=spec(process("true")), storages=[storage]
            )
        self.assertRegex(failure.exception.message, "did not answer within [12] s")

    def test_storages(self):
        for driver, kind, source, options in (
            ("overlayfs", "overlay", "overlay", [f"lowerdir={VOLUME}"]),
            ("loop", "ext4", VOLUME, []),
            ("virtio-fs", "bind", VOLUME, ["bind"]),
        ):
            with self.subTest(driver):
                self.volume.close()
                self.volume = HangingFileSystem(DIRECTORY)
                point = f"/run/storage-{driver}"
                storage = agent_pb2.Storage(driver=driver, source=source, fstype=kind, options=options, mount_point=point)
                text = self.holds_nobody_up(
                    "CreateContainer", container_id="hangs", exec_id="hangs", OCI=spec(process("true")), storages=[storage]
                )
                self.assertIn(driver, text)
        self.volume.close()

    def test_figures_of_a_volume(self):
        self.holds_nobody_up("GetVolumeStats", volume_guest_path=VOLUME)

    def test_the_last_words_of_a_program(self):
        self.volume.hangs = False
        oci = self.with_mount(VOLUME, "/dev/words")
        oci.Annotations.add(key="io.kubernetes.container.terminationMessagePath", value="/dev/words")
        self.call("CreateContainer", container_id="words", exec_id="words", OCI=oci)
        self.volume.hangs = True
        self.holds_nobody_up("GetDiagnosticData", container_id="words", log_type="termination_log")

    def test_a_file_with_names_is_looked_at_before_the_start_but_not_for_ever(self):
        self.volume.hangs = False
        self.call("CreateContainer", container_id="names", exec_id="names", OCI=self.with_mount(VOLUME, "/etc/hosts"))
        self.volume.hangs = True
        starting = self.client.begin("StartContainer", container_id="names")
        self.assertTrue(self.volume.asked.wait(20), "nobody looked")
        cid = self.run_container("echo", "others go on")
        self.assertEqual(self.read_all(cid), b"others go on\n")
        self.client.end(starting)
        self.assertEqual(self.output_of("names", "echo", "it runs"), "it runs\n")

    def test_a_container_that_is_removed_before_it_has_started(self):
        self.volume.hangs = False
        self.call("CreateContainer", container_id="names", exec_id="names", OCI=self.with_mount(VOLUME, "/etc/hosts"))
        self.volume.hangs = True
        starting = self.client.begin("StartContainer", container_id="names")
        self.assertTrue(self.volume.asked.wait(20), "nobody looked")
        self.remove("names")
        with self.assertRaises(Status):
            self.client.end(starting)
