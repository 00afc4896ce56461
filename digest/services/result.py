"""What every service returns: a frozen, typed value whose JSON is the documented one."""

from pydantic import BaseModel, ConfigDict


class Result(BaseModel):
    """Base of all results. Its JSON is what `--json` prints and what an API answers."""

    model_config = ConfigDict(frozen=True)
