"""A study's configuration, and how flags, settings, a file and a preset make one."""

from __future__ import annotations

import copy
import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PositiveInt,
    ValidationError,
    field_validator,
)

from paretobert.toml import to_toml
from search_space import PUBLISHED, MobileBertSpace, StageOptions

_LARGEST_SIZE = 65_536  # keeps counts of parameters and multiply-adds within 64 bits
_MOST_BLOCKS = 64  # of a stage

Strings = Annotated[tuple[str, ...], Field(strict=False)]
Options = Annotated[
    tuple[Annotated[int, Field(strict=True, ge=1, le=_LARGEST_SIZE)], ...],
    Field(strict=False),
    BeforeValidator(lambda value: (value,) if isinstance(value, int) else value),
]
"""Integers to choose from, ascending; a single one fixes the decision."""

_PLUGIN_OPTIONS = {plugin: f"{plugin}_options" for plugin in ("evaluator", "controller", "latency_model")}
STAGES = ("stage1", "stage2", "stage3", "stage4")
_TOML_WORDS = {"tuple_type": "a list", "dict_type": "a table", "model_type": "a table", "string_type": "text"}
"""What a type of error expected, as one who writes TOML calls it."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class StageConfiguration(BaseModel):
    """What one stage may be; a decision that is left out keeps the options that it has in all stages.

    Attributes:
        num_blocks: blocks of this stage.
        num_attention_heads: attention heads of its blocks.
        bottleneck_size: width inside its blocks.
        intermediate_size: width inside its feed-forward networks.
        num_feedforward: feed-forward networks of each of its blocks.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    num_blocks: Options | None = None
    num_attention_heads: Options | None = None
    bottleneck_size: Options | None = None
    intermediate_size: Options | None = None
    num_feedforward: Options | None = None


class SpaceConfiguration(BaseModel):
    """What is searched: the options of each decision, a list of them in ascending order or one number.

    Attributes:
        hidden_size: width of the states between blocks.
        num_attention_heads: attention heads of a block.
        bottleneck_size: width inside a block.
        intermediate_size: width inside a feed-forward network.
        num_feedforward: feed-forward networks of a block.
        max_blocks_per_slot: most blocks of a stage.
        num_blocks: blocks of a stage, none above `max_blocks_per_slot`; left out, every number up to it.
        num_stages: how many stages a network may have, from 1 to 4; neighbours may be equal, and are then one.
        stage1, stage2, stage3, stage4: narrower options of that stage.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    hidden_size: Options = MobileBertSpace.hidden_size
    num_attention_heads: Options = MobileBertSpace.num_attention_heads
    bottleneck_size: Options = MobileBertSpace.bottleneck_size
    intermediate_size: Options = MobileBertSpace.intermediate_size
    num_feedforward: Options = MobileBertSpace.num_feedforward
    max_blocks_per_slot: Annotated[int, Field(ge=1, le=_MOST_BLOCKS)] = MobileBertSpace.max_blocks_per_slot
    num_blocks: Options | None = None
    num_stages: Options = MobileBertSpace.num_stages
    stage1: StageConfiguration | None = None
    stage2: StageConfiguration | None = None
    stage3: StageConfiguration | None = None
    stage4: StageConfiguration | None = None

    def build(self) -> MobileBertSpace:
        """The space itself; `ValueError` if it is an impossible one."""
        stages = (self.stage1, self.stage2, self.stage3, self.stage4)
        own = [stage.model_dump(exclude_none=True) if stage else {} for stage in stages]
        of_all = self.model_dump(exclude={"num_blocks", *STAGES})
        return MobileBertSpace(
            **of_all, stages=tuple(StageOptions(**{"num_blocks": self.num_blocks, **options}) for options in own)
        )


class Configuration(BaseModel):
    """Everything that decides what a study does.

    Attributes:
        name: of the study and its folder.
        seed: of the proposals, of the evaluations' batches and of the initial weights.
        trials: how many evaluated trials are asked for; reference trials are not counted.
        controller: what proposes: a built-in, an entry point or `package.module:Class`.
        latency_model: what predicts latency, named alike; or a file of measurements or of a model.
        evaluator: what scores, named alike.
        controller_options, evaluator_options, latency_model_options: options of that plug-in, by name.
        device: a device profile of the latency model: its name, or the path of a TOML file.
        precision: of the weights and activations on the device.
        sequence_length: tokens of the sequence whose latency is predicted.
        objectives: such as `max score`, `min latency_ms`.
        constraints: such as `latency_ms <= 20`.
        enqueue: architectures tried before the controller proposes, counted as trials: names of published models, or
            tables with the fields of `Architecture`.
        references: published models evaluated first by the same proxy, unseen by the controller.
        latency_budgets_ms: for the picks XS, S and M; one that is left out is the predicted latency of the
            published model of that size.
        workers: processes of this machine that evaluate side by side. With more than one, proposals depend on which
            trial ends first, so the same seed may give other trials.
        trial_timeout_seconds: that an evaluation, a proposal or a latency prediction may take; none by default. See
            `paretobert.time_limit`.
        space: the options of each decision.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    name: str = "study"
    seed: Annotated[int, Field(ge=0)] = 0
    trials: PositiveInt = 24
    controller: str = "surrogate"
    controller_options: dict[str, Any] = Field(default_factory=dict)
    latency_model: str = "edgetpu-analytical"
    latency_model_options: dict[str, Any] = Field(default_factory=dict)
    device: str = "tensor-g1"
    precision: Literal["int8", "float"] = "int8"
    sequence_length: Annotated[int, Field(ge=1, le=512)] = 384
    evaluator: str = "proxy-distillation"
    evaluator_options: dict[str, Any] = Field(default_factory=dict)
    objectives: Strings = ("max score", "min latency_ms")
    constraints: Strings = ()
    enqueue: Annotated[tuple[str | dict[str, Any], ...], Field(strict=False)] = ()
    references: Strings = tuple(PUBLISHED)
    latency_budgets_ms: dict[Literal["XS", "S", "M"], Annotated[float, Field(gt=0, allow_inf_nan=False)]] = Field(
        default_factory=dict
    )
    workers: PositiveInt = 1
    trial_timeout_seconds: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    space: SpaceConfiguration = Field(default_factory=SpaceConfiguration)

    @field_validator("name")
    @classmethod
    def _is_a_folder_name(cls, name: str) -> str:
        if not _NAME.fullmatch(name):
            raise ValueError("use letters, digits, '.', '_' and '-', beginning with a letter or digit")
        return name

    @field_validator("references")
    @classmethod
    def _are_published(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := [name for name in names if name not in PUBLISHED]:
            raise ValueError(f"no published model {unknown[0]!r}; known: {', '.join(PUBLISHED)}")
        return tuple(dict.fromkeys(names))

    def to_toml(self) -> str:
        return to_toml(self.to_dict())

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON; `validated` reads it back."""
        return self.model_dump(mode="json")


def presets() -> tuple[str, ...]:
    """The names of the presets."""
    folder = resources.files("paretobert") / "presets"
    return tuple(sorted(path.name.removesuffix(".toml") for path in folder.iterdir() if path.name.endswith(".toml")))


def configure(
    *,
    preset: str | None = None,
    file: Path | None = None,
    settings: Mapping[str, Any] | Sequence[str] = (),
    flags: Mapping[str, Any] | None = None,
) -> Configuration:
    """The configuration of a study; a flag goes before a setting, that before the file, that before the preset.

    Without preset and file, the preset is `demo`. The study's name defaults to the preset's, or to the file's stem.

    Args:
        preset: a name of `presets()`.
        file: TOML with fields of `Configuration`.
        settings: values by dotted key, or texts `key=value`, whose value is text if it is not TOML. A key that is no
            field of the configuration is an option of the evaluator.
        flags: values by dotted key; None, here and in settings, is as if the key were not there.

    Raises:
        ValueError: an unknown preset or field, or a value of a wrong type; the message names the field.
        OSError: the file cannot be read.
    """
    if preset is None and file is None:
        preset = "demo"
    layers: list[dict[str, Any]] = []
    if preset is not None:
        layers.append({"name": preset, **_read_preset(preset)})
    if file is not None:
        layers.append({"name": file.stem, **_read(file)})
    pairs = settings.items() if isinstance(settings, Mapping) else map(_parse_setting, settings)
    given = [*((_full_key(key), value) for key, value in pairs), *(flags or {}).items()]
    layers.append(_nested((key, value) for key, value in given if value is not None))
    merged: dict[str, Any] = {}
    for layer in layers:
        merged = _over(merged, layer)
    return validated(merged)


def validated(data: Mapping[str, Any]) -> Configuration:
    """The configuration of plain data; `ValueError` with one line that names the first field that is wrong."""
    try:
        return Configuration.model_validate(dict(data))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"] if part != "[key]")
        if first["type"] == "extra_forbidden":
            raise ValueError(f"configuration: unknown field {where!r}{_suggestion(first['loc'])}") from None
        known_by = _TOML_WORDS.get(first["type"])
        message = f"should be {known_by}" if known_by else first["msg"].removeprefix("Value error, ")
        raise ValueError(f"configuration: {where}: {message.removeprefix('Input ')}, not {first['input']!r}") from None


def _read(file: Path) -> dict[str, Any]:
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{file}: not UTF-8 text: {error.reason} at byte {error.start}") from None
    return _parse(text, str(file))


def _read_preset(name: str) -> dict[str, Any]:
    if name not in presets():
        raise ValueError(f"unknown preset {name!r}; known: {', '.join(presets())}")
    return _parse((resources.files("paretobert") / "presets" / f"{name}.toml").read_text(encoding="utf-8"), name)


def _parse(text: str, source: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{source}: not TOML: {error}") from None


def _parse_setting(text: str) -> tuple[str, Any]:
    key, equals, value = text.partition("=")
    key = key.strip()
    if not equals or not all(key.split(".")):
        raise ValueError(f"setting {text!r} is not of the form key=value")
    try:
        parsed = tomllib.loads(f"value = {value}")
    except tomllib.TOMLDecodeError:
        return key, value
    return key, parsed["value"] if parsed.keys() == {"value"} else value


def _full_key(key: str) -> str:
    return key if key.split(".")[0] in Configuration.model_fields else f"evaluator_options.{key}"


def _nested(items: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """`{"space.hidden_size": v}` as `{"space": {"hidden_size": v}}`; of two values of one key, the later."""
    nested: dict[str, Any] = {}
    for key, value in items:
        *path, last = key.split(".")
        table = nested
        for part in path:
            table = table.setdefault(part, {})
            if not isinstance(table, dict):
                raise ValueError(f"setting {key!r}: {part!r} is set as a value already")
        table[last] = copy.deepcopy(value)  # a later key may be set inside it
    return nested


def _over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Tables merged, the upper one winning; another plug-in leaves behind the options of the one it replaces."""
    replaced = {
        options
        for plugin, options in _PLUGIN_OPTIONS.items()
        if plugin in above and above[plugin] != below.get(plugin, above[plugin])
    }
    merged = {key: value for key, value in below.items() if key not in replaced}
    for key, value in above.items():
        under = merged.get(key)
        merged[key] = {**under, **value} if isinstance(under, dict) and isinstance(value, dict) else value
    return merged


def _suggestion(location: tuple[int | str, ...]) -> str:
    model: type[BaseModel] = Configuration
    if location[0] == "space":
        model = StageConfiguration if location[1] in STAGES else SpaceConfiguration
    known = model.model_fields
    close = difflib.get_close_matches(str(location[-1]), known, n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; known: {', '.join(known)}"
