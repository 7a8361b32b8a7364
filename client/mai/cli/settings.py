"""Which cluster, wallet and commitment: by option, environment, the Solana CLI's config file, or default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml
from solana.rpc.commitment import Commitment

from mai.chain.monikers import address_of, websocket_of
from mai.errors import MaiError
from mai.wallet.files import DEFAULT_KEYPAIR

CONFIG_FILE = Path.home() / ".config" / "solana" / "cli" / "config.yml"
COMMITMENTS = ("processed", "confirmed", "finalized")
DEFAULTS = {"url": "localhost", "keypair": str(DEFAULT_KEYPAIR), "commitment": "confirmed"}
MAX_CONFIG_BYTES = 64 * 1024
# The Solana CLI's own names for ours.
_KEYS = {"url": "json_rpc_url", "websocket": "websocket_url", "keypair": "keypair_path", "commitment": "commitment"}


@dataclass(frozen=True)
class Settings:
    """What every chain command works with.

    Attributes:
        url: the RPC address.
        websocket: the WebSocket address that belongs to it.
        keypair: a file or a wallet's URI, such as ``keychain:NAME``.
        sources: where each came from: option, environment, a config file's path, or default.
    """

    url: str
    websocket: str
    keypair: str
    commitment: Commitment
    sources: Mapping[str, str]


def read_config(path: Path | None) -> tuple[dict[str, str], Path]:
    """The settings of a Solana CLI config file by our names, and the file; none where the usual file is missing.

    Raises:
        MaiError: a file that was named is missing, or the file is no config file.
    """
    named, path = path is not None, path or CONFIG_FILE
    if not named and not path.exists():
        return {}, path
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_CONFIG_BYTES + 1)
        loaded = yaml.safe_load(raw) if len(raw) <= MAX_CONFIG_BYTES else None
    except OSError as error:
        raise MaiError(f"the config file {path} cannot be read") from error
    except (yaml.YAMLError, UnicodeDecodeError):
        loaded = None
    if not isinstance(loaded, dict):
        raise MaiError(f"{path} is no config file of the Solana CLI")
    found = {ours: loaded.get(theirs) for ours, theirs in _KEYS.items()}
    if wrong := next((ours for ours, value in found.items() if not isinstance(value, str | None)), None):
        raise MaiError(f"in the config file {path}, {_KEYS[wrong]} is no text")
    return {ours: value for ours, value in found.items() if value}, path


def settle(given: Mapping[str, str | None], sources: Mapping[str, str], config: Path | None) -> Settings:
    """Decide every setting.

    Args:
        given: what an option or the environment says, by ``url``, ``keypair`` and ``commitment``; None where neither.
        sources: of what is given: option or environment.

    Raises:
        MaiError: the config file or a value is wrong.
    """
    filed, path = read_config(config)
    values, origins = {}, {}
    for name, default in DEFAULTS.items():
        if given.get(name):
            values[name], origins[name] = str(given[name]), sources[name]
        elif name in filed:
            values[name], origins[name] = filed[name], str(path)
        else:
            values[name], origins[name] = default, "default"
    if values["commitment"] not in COMMITMENTS:
        raise MaiError(f"{values['commitment']} is no commitment: choose {', '.join(COMMITMENTS)}")
    url = address_of(values["url"])
    # The file's WebSocket address belongs to the file's cluster, and to no other.
    belongs = "websocket" in filed and url == address_of(filed.get("url", DEFAULTS["url"]))
    websocket, origins["websocket"] = (filed["websocket"], str(path)) if belongs else (websocket_of(url), "computed")
    return Settings(url, websocket, values["keypair"], Commitment(values["commitment"]), origins)


def default_url() -> str:
    """The RPC address where none is given."""
    return settle({}, {}, None).url
