"""A real SLURM on this machine: one node, stand-in GPUs, no systemd, cgroups, munge or database."""

import os
import re
import shutil
import socket
import subprocess
import time
from pathlib import Path

import debian

PACKAGES = ("slurmctld", "slurmd", "slurm-client")
COMMANDS = ("srun", "sbatch", "squeue", "scancel", "scontrol", "sinfo", "sacct", "sacctmgr")
GPUS = 3
LIMIT = 30  # seconds, against hanging
CONFIGURATION = """
ClusterName=loopback
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmdPort={node_port}
SlurmUser=root
SlurmdUser=root
AuthType=auth/none
AuthInfo=cred_expire=5
CredType=cred/none
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=sched_interval=1,batch_sched_delay=0
SlurmdParameters=config_overrides
GresTypes=gpu
MinJobAge=3600
KillWait=20
ReturnToService=2
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
NodeName={host} NodeAddr=127.0.0.1 CPUs=8 RealMemory=64000 Gres=gpu:{gpus}
PartitionName=main Nodes={host} Default=YES MaxTime=1440 State=UP
"""


def obstacle() -> str | None:
    """Why no SLURM can be started here, after an attempt to install it."""
    if os.geteuid() != 0:
        return "a SLURM node needs root: run `make slurm-test` as root, in a container say"
    return debian.obstacle("SLURM", ("slurmctld", "slurmd", "sbatch"), PACKAGES)


class Cluster:
    """Two daemons and their folder; `jobs` tells what became of each job."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.host = socket.gethostname().split(".")[0]
        self.env = os.environ | {"SLURM_CONF": str(folder / "slurm.conf")}
        self.daemons: list[subprocess.Popen] = []

    def __enter__(self) -> "Cluster":
        self.configure()
        try:
            self.start("slurmctld", "-D", "-c")
            self.start("slurmd", "-D", "-c", "-N", self.host)
            self.wait_until(lambda: self.ask("sinfo", "-h", "-o", "%T").strip() == "idle")
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.ask("scancel", "--user=root", "--full")
        self.wait_until(lambda: not self.ask("squeue", "-h"))
        self.stop()

    def configure(self) -> None:
        """Configuration, stand-in GPUs, and commands that find the configuration inside jobs too."""
        for name in ("state", "spool", "bin"):
            (self.folder / name).mkdir()
        ports = dict(zip(("controller_port", "node_port"), free_ports(2), strict=True))
        text = CONFIGURATION.format(host=self.host, folder=self.folder, gpus=GPUS, **ports)
        (self.folder / "slurm.conf").write_text(text)
        for number in range(GPUS):
            (self.folder / f"gpu{number}").symlink_to("/dev/null")
        devices = self.folder / f"gpu[0-{GPUS - 1}]"
        (self.folder / "gres.conf").write_text(f"NodeName={self.host} Name=gpu File={devices}\n")
        for name in COMMANDS:
            wrapper = self.folder / "bin" / name
            wrapper.write_text(
                f'#!/bin/sh\nSLURM_CONF={self.folder}/slurm.conf exec {shutil.which(name)} "$@"\n'
            )
            wrapper.chmod(0o755)

    def start(self, *command: str) -> None:
        """A daemon as a child, so that it can be ended without a search for it."""
        with (self.folder / f"{command[0]}.log").open("w") as log:
            self.daemons.append(subprocess.Popen(command, env=self.env, stdout=log, stderr=log))

    def stop(self) -> None:
        """End the daemons, the node first."""
        for daemon in reversed(self.daemons):
            daemon.terminate()
        for daemon in self.daemons:
            try:
                daemon.wait(LIMIT)
            except subprocess.TimeoutExpired:
                daemon.kill()

    def ask(self, *command: str) -> str:
        """What a SLURM command prints."""
        return subprocess.run(command, env=self.env, capture_output=True, text=True).stdout

    def wait_until(self, condition) -> None:
        """Poll `condition`; fails with what the daemons printed after LIMIT seconds."""
        end = time.monotonic() + LIMIT
        while not condition():
            logs = [path.read_text() for path in self.folder.glob("*.log")]
            assert time.monotonic() < end, "\n".join(logs)
            time.sleep(0.1)

    def jobs(self, comment: str) -> list[dict[str, str]]:
        """The fields that SLURM shows of the jobs with this comment, in order of submission."""
        shown = [fields(line) for line in self.ask("scontrol", "show", "job", "-o").splitlines()]
        return [job for job in shown if job.get("Comment") == comment]


def fields(line: str) -> dict[str, str]:
    """`Key=value` pairs of a line of `scontrol -o`."""
    return dict(re.findall(r"(\S+?)=(\S*)", line))


def free_ports(count: int) -> list[int]:
    """Ports that are free now; held together while they are sought, so that they differ."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports
