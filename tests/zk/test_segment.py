"""Segments and settings: what is accepted, and one clear sentence for what is not."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from mai_zk import circuits, settings
from mai_zk.errors import ZkError
from mai_zk.segment import RunArgs, Segment, Visibility


@pytest.fixture
def segment() -> Segment:
    """The 4→4 circuit's segment."""
    return circuits.load("linear4").segment


@pytest.mark.parametrize("bad", [{"params": "private"}, {"input": "fixed"}, {"output": "Public"}, {"params": "public"}])
def test_visibility_is_checked(bad: dict[str, str]) -> None:
    assert Visibility("public", "fixed", "hashed").params == "fixed"
    with pytest.raises(ZkError, match="visibility"):
        Visibility(**bad)


@pytest.mark.parametrize(
    "bad", [{"logrows": 0}, {"logrows": 27}, {"input_scale": -1}, {"decomp_base": 2.5}, {"lookup_range": (5, 4)}]
)
def test_run_arguments_are_checked(bad: dict[str, int]) -> None:
    assert RunArgs(logrows=9).logrows == 9
    with pytest.raises(ZkError, match="run argument"):
        RunArgs(**bad)


def test_models_are_checked(segment: Segment, tmp_path: Path) -> None:
    data = segment.onnx_bytes()
    with pytest.raises(ZkError, match="cannot be read"):
        replace(segment, onnx_path=tmp_path / "none.onnx").onnx_bytes()
    with pytest.raises(ZkError, match="takes shape"):
        replace(segment, input_shape=(1, 5)).onnx_bytes()
    for damaged in (b"", b"not onnx", data[: len(data) // 2], b"\xff" * 40):
        (tmp_path / "bad.onnx").write_bytes(damaged)
        with pytest.raises(ZkError, match=r"no valid ONNX|inputs"):
            replace(segment, onnx_path=tmp_path / "bad.onnx").onnx_bytes()


@pytest.mark.parametrize("bad", [[], [0.0] * 5, ["x", 0, 0, 0], [float("nan"), 0, 0, 0], [float("inf"), 0, 0, 0]])
def test_inputs_are_checked(segment: Segment, bad: list[float]) -> None:
    assert segment.check_input([1, 2, 3, 4]) == [1.0, 2.0, 3.0, 4.0]
    with pytest.raises(ZkError, match="linear4"):
        segment.check_input(bad)


def test_several_inputs_are_told_apart() -> None:
    segment = circuits.load("tiny-2-attend").segment
    assert segment.input_shapes == ((1, 80), (1, 240)) and segment.input_size == 320
    values = segment.check_input(list(range(320)))
    assert segment.split_input(values) == [values[:80], values[80:]]
    segment.onnx_bytes()
    for wrong, reason in (({"more_inputs": ()}, "has 2 inputs"), ({"more_inputs": ((1, 239),)}, "takes shape")):
        with pytest.raises(ZkError, match=reason):
            replace(segment, **wrong).onnx_bytes()


def test_settings_are_canonical(segment: Segment) -> None:
    assert segment.settings_path is not None
    text = segment.settings_path.read_text()
    data = json.loads(text)
    data["timestamp"] = 123
    data["required_range_checks"].reverse()
    assert settings.parse(json.dumps(data), "test").text == text == settings.load(segment.settings_path).text


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "{}", '{"run_args": {}}'])
def test_damaged_settings_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "settings.json").write_text(text)
    with pytest.raises(ZkError, match="no settings file"):
        settings.load(tmp_path / "settings.json")
    with pytest.raises(ZkError, match="cannot be read"):
        settings.load(tmp_path / "none.json")


def test_settings_must_match_the_segment(segment: Segment) -> None:
    assert segment.settings_path is not None
    found = settings.load(segment.settings_path)
    settings.check_matches(found, segment)
    for other in (
        replace(segment, run_args=replace(segment.run_args, logrows=10)),
        replace(segment, run_args=replace(segment.run_args, lookup_range=(-5, 5))),
        replace(segment, run_args=replace(segment.run_args, ignore_range_check_inputs_outputs=True)),
        replace(segment, run_args=replace(segment.run_args, disable_freivalds=True)),
        replace(segment, visibility=replace(segment.visibility, output="hashed")),
        replace(segment, visibility=replace(segment.visibility, params="polycommit")),
    ):
        with pytest.raises(ZkError, match="settings of linear4"):
            settings.check_matches(found, other)
