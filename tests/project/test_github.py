"""The workflow, the forms and the hooks, compared with the project."""

import re
import subprocess

import pytest
import yaml

from tests.live_server import ROOT

GITHUB = ROOT / ".github"
WORKFLOW = yaml.safe_load((GITHUB / "workflows" / "ci.yml").read_text())


def test_actions_and_images_are_pinned():
    text = (GITHUB / "workflows" / "ci.yml").read_text()
    for action in re.findall(r"uses: (.*)", text):
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action)
    for image in re.findall(r"image: (.*)", text):
        assert re.fullmatch(r"[\w:]+@sha256:[0-9a-f]{64}", image)


def test_jobs_run_the_stages_of_a_whole_run():
    (stages,) = re.findall(r'^stages=" \$\{\*:-(.*)\} "$', (ROOT / ".ci" / "run").read_text(), re.MULTILINE)
    assert WORKFLOW["jobs"]["run"]["strategy"]["matrix"]["stage"] == stages.split()


def test_unknown_stage_is_one_clear_line():
    result = subprocess.run([ROOT / ".ci" / "run", "chek"], capture_output=True, text=True)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("There is no stage 'chek'.")


@pytest.mark.parametrize("step", WORKFLOW["jobs"]["compose"]["steps"][1:3], ids=lambda step: step["name"])
def test_compose_job_finds_the_commands_in_the_documents(step):
    (script,) = re.findall(r"awk '.*?'[^|]*", step["run"], re.DOTALL)
    commands = subprocess.run(
        ["bash", "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert "docker compose up" in commands or "/signup" in commands
    assert "```" not in commands


@pytest.mark.parametrize("name", ["bug.yml", "idea.yml"])
def test_issue_forms_ask_for_something_and_have_unique_ids(name):
    form = yaml.safe_load((GITHUB / "ISSUE_TEMPLATE" / name).read_text())
    ids = [part["id"] for part in form["body"] if part["type"] != "markdown"]
    assert len(ids) == len(set(ids))
    assert any(part.get("validations", {}).get("required") for part in form["body"])


def test_hook_runs_make_check():
    (repository,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert repository["repo"] == "local"
    assert [hook["entry"] for hook in repository["hooks"]] == ["make check"]


def test_dependabot_watches_folders_that_exist():
    updates = yaml.safe_load((GITHUB / "dependabot.yml").read_text())["updates"]
    assert {update["package-ecosystem"] for update in updates} == {
        *("pip", "npm", "docker", "docker-compose", "github-actions")
    }
    for update in updates:
        assert (ROOT / update["directory"].strip("/")).is_dir()
