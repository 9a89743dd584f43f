"""The launchers, as far as one machine can tell: syntax, and a dry run with stand-ins for Slurm, Ray and Hetevo."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent.parent.parent / "scripts" / "cluster"
SHELL = sorted([*FOLDER.glob("*.sbatch"), *FOLDER.glob("*.sh")])

# what stands before the command that srun starts are options of the form --name=value
STAND_INS = {
    "srun": 'echo "srun $*" >> "$LOG"; while [[ $1 == --* ]]; do shift; done; exec "$@"',
    "scontrol": 'echo "scontrol $*" >> "$LOG"; [[ $1 == show ]] && printf "localhost\\nother\\n"; true',
    "ray": """
        echo "ray $*" >> "$LOG"
        case $1 in
            symmetric-run) while [[ $1 != -- ]]; do shift; done; shift; exec "$@" ;;
            start) exec sleep 600 ;;
            job) while [[ $1 != -- ]]; do shift; done; shift; RAY_ADDRESS=10.0.0.9:6379 exec "$@" ;;
        esac""",
    "hetevo": """
        echo "hetevo $*" >> "$LOG"
        echo "token ${#RAY_AUTH_TOKEN} $RAY_AUTH_MODE" >> "$LOG"
        [[ -n $BRIEF ]] && exit "$BRIEF"
        trap 'echo warned >> "$LOG"; exit 138' USR1
        trap 'echo ended >> "$LOG"; exit 143' TERM
        for _ in $(seq 600); do [[ -e $STOP ]] && { echo asked >> "$LOG"; exit 0; }; sleep 0.05; done""",
}


@pytest.fixture
def stage(tmp_path):
    """Return a function that starts a launcher among the stand-ins, and the log of what they were told."""
    tools, log = tmp_path / "bin", tmp_path / "log"
    tools.mkdir()
    (tmp_path / "run").mkdir()
    for name, body in STAND_INS.items():
        (tools / name).write_text(f"#!/usr/bin/env bash\n{body}\n")
        (tools / name).chmod(0o755)
    environment = {
        **os.environ,
        "PATH": f"{tools}:{os.environ['PATH']}",
        "HETEVO_BIN": str(tools),
        "HETEVO_HEAD_SECONDS": "0",
        "HETEVO_NODES_SECONDS": "0",
        "LOG": str(log),
        "STOP": str(tmp_path / "run" / "STOP"),
        "BRIEF": "",
        "SLURM_JOB_ID": "4711",
        "SLURM_JOB_NODELIST": "localhost,other",
        "SLURM_JOB_NUM_NODES": "2",
        "SLURM_NTASKS": "2",
        "SLURM_CPUS_PER_TASK": "4",
        "SLURM_CPUS_ON_NODE": "8",
        "SLURM_SUBMIT_DIR": str(tmp_path),
        "SLURM_ARRAY_JOB_ID": "4700",
        "SLURM_ARRAY_TASK_ID": "3",
        "SLURM_ARRAY_TASK_COUNT": "10",
    }

    def start(script, *arguments, **changes):
        command = ["bash", str(FOLDER / script), *arguments]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        return subprocess.Popen(command, **pipes, text=True, env=environment | changes, start_new_session=True)

    return start, log


@pytest.mark.parametrize("script", SHELL, ids=lambda path: path.name)
def test_the_syntax_is_right(script):
    subprocess.run(["bash", "-n", str(script)], check=True)
    if checker := shutil.which("shellcheck"):
        subprocess.run([checker, "-s", "bash", str(script)], check=True)


@pytest.mark.parametrize(
    ("script", "workers"), [("slurm-exclusive.sbatch", ""), ("slurm-shared.sbatch", "--workers 8 ")]
)
def test_a_slurm_job_starts_the_run_so_that_it_can_be_started_again(stage, tmp_path, script, workers):
    start, log = stage
    process = start(script, "emergence", str(tmp_path / "run"), "-s", "evolution.size=9", BRIEF="3")
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 3, output
    lines = log.read_text().splitlines()
    told = next(line for line in lines if line.startswith("hetevo"))
    assert f"hetevo run emergence -o {tmp_path / 'run'} --backend ray --address " in told
    assert told.endswith(f"{workers}--or-resume -s evolution.size=9")
    assert "token 64 token" in lines  # a secret of 32 bytes
    private = next((line.split()[-1] for line in lines if "mkdir -p -m 700" in line), None)
    assert all(f"--temp-dir={private}/r " in line for line in lines if "--temp-dir=" in line)
    assert not Path("/tmp/hetevo-4711").exists()  # removed at the end
    assert not [line for line in lines if line.startswith(("scontrol requeue", "ray stop"))]


def test_a_task_of_an_array_job_runs_its_share_of_a_sweep(stage, tmp_path):
    start, log = stage
    for count, share in (("", "3/10"), ("20", "3/20")):
        process = start(
            "slurm-array.sbatch", "s.toml", str(tmp_path / "run"), "-s", "a=1", BRIEF="1", HETEVO_SHARES=count
        )
        output, _ = process.communicate(timeout=60)
        assert process.returncode == 1, output
        told = log.read_text().splitlines()[-2]
        assert told == f"hetevo sweep s.toml -o {tmp_path / 'run'} --member {share} --workers 4 -s a=1"
    assert "scontrol" not in log.read_text()


@pytest.mark.parametrize(("number", "queued"), [(signal.SIGUSR1, True), (signal.SIGTERM, False)])
def test_a_task_of_an_array_job_saves_its_runs_and_is_queued_again(stage, tmp_path, number, queued):
    start, log = stage
    process = start("slurm-array.sbatch", "s.toml", str(tmp_path / "run"))
    while not log.exists() or "token" not in log.read_text():
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.05)
    time.sleep(0.2)  # the stand-in sets its traps
    os.kill(process.pid, number)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 128 + (10 if queued else 15), output
    lines = log.read_text().splitlines()
    assert ("scontrol requeue 4700_3" in lines) == queued


@pytest.mark.parametrize(("script", "heard"), [("slurm-exclusive.sbatch", "asked"), ("slurm-shared.sbatch", "warned")])
def test_a_warning_of_slurm_saves_the_run_and_queues_the_job_again(stage, tmp_path, script, heard):
    start, log = stage
    process = start(script, "emergence", str(tmp_path / "run"))
    while not log.exists() or "token" not in log.read_text():
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.05)
    time.sleep(0.2)  # the stand-in sets its trap
    os.kill(process.pid, signal.SIGUSR1)  # the script alone, as by --signal=B:
    output, _ = process.communicate(timeout=60)
    lines = log.read_text().splitlines()
    assert lines.index(heard) < lines.index("scontrol requeue 4711"), output


def test_a_job_of_a_running_cluster(stage):
    start, log = stage
    process = start("submit-job.sh", "http://head:8265", "emergence", "/shared/run", "--seed", "3", BRIEF="0")
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0, output
    told = "hetevo run emergence -o /shared/run --seed 3 --backend ray --address 10.0.0.9:6379 --or-resume"
    assert told in log.read_text().splitlines()
    refused = start("submit-job.sh", "http://head:8265", "emergence", "runs/here")
    assert "absolute path" in refused.communicate()[0]
    assert refused.returncode == 2


def test_the_kubernetes_job_is_consistent():
    yaml = pytest.importorskip("yaml")
    job = yaml.safe_load((FOLDER / "rayjob.yaml").read_text())
    assert (job["apiVersion"], job["kind"]) == ("ray.io/v1", "RayJob")
    assert '--address "$RAY_ADDRESS" --or-resume' in job["spec"]["entrypoint"]  # a saved one is not used
    cluster = job["spec"]["rayClusterSpec"]
    assert cluster["headGroupSpec"]["rayStartParams"] == {"num-cpus": "0"}
    for group in (cluster["headGroupSpec"], *cluster["workerGroupSpecs"]):
        pod = group["template"]["spec"]
        (container,) = pod["containers"]
        assert {mount["name"] for mount in container["volumeMounts"]} == {volume["name"] for volume in pod["volumes"]}
        assert container["resources"]["limits"] == container["resources"]["requests"]
