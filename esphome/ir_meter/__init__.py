"""ESPHome component: reads an Echelon/NES meter through an optical head on a UART.

The protocol is lib/ of this project, which is copied into the build.
"""

from pathlib import Path

import esphome.codegen as cg
import esphome.config_validation as cv
import esphome.final_validate as fv
from esphome.components import uart
from esphome.const import CONF_ID, CONF_KEY
from esphome.core import CORE
from esphome.helpers import copy_file_if_changed

from .quantities import QUANTITIES

DEPENDENCIES = ["uart"]
AUTO_LOAD = ["sensor", "text_sensor"]
MULTI_CONF = True

CONF_IR_METER_ID = "ir_meter_id"
CONF_INTERVAL = "interval"
CONF_MAIN_FUSE = "main_fuse"
CONF_PHASES = "phases"
CONF_AMPERES = "amperes"

ir_meter_ns = cg.esphome_ns.namespace("ir_meter")
IrMeter = ir_meter_ns.class_("IrMeter", cg.Component, uart.UARTDevice)


def validate_key(value):
    """20 printable ASCII characters. It often looks like hexadecimal, and is text."""
    value = cv.string_strict(value)
    if len(value) != 20 or not all(" " <= character <= "~" for character in value):
        raise cv.Invalid("the key has 20 printable characters")
    return value


CONFIG_SCHEMA = cv.All(
    cv.Schema(
        {
            cv.GenerateID(): cv.declare_id(IrMeter),
            cv.Required(CONF_KEY): validate_key,
            cv.Optional(CONF_INTERVAL, default="10s"): cv.All(
                cv.positive_time_period_milliseconds,
                cv.Range(min=cv.TimePeriod(seconds=1), max=cv.TimePeriod(minutes=10)),
            ),
            cv.Optional(CONF_MAIN_FUSE, default={}): cv.Schema(
                {
                    cv.Optional(CONF_PHASES, default=3): cv.one_of(1, 3, int=True),
                    cv.Optional(CONF_AMPERES, default=63): cv.int_range(1, 4000),
                }
            ),
        }
    )
    .extend(cv.COMPONENT_SCHEMA)
    .extend(uart.UART_DEVICE_SCHEMA),
    # Their compilers know C++20, and they find a preference by its name. Elsewhere it is found by its
    # place, which moves with the rest of the configuration; then a refused key would be shown again.
    cv.require_framework_version(
        esp_idf=cv.Version(5, 0, 0),
        esp32_arduino=cv.Version(3, 0, 0),
        host=cv.Version(1, 0, 0),
    ),
)


def validate_keys(config):
    """Meters with the same key would write over each other's record of it."""
    keys = [meter[CONF_KEY] for meter in fv.full_config.get()["ir_meter"]]
    if keys.count(config[CONF_KEY]) > 1:
        raise cv.Invalid("another meter of this device has the same key; use a second device")
    return config


FINAL_VALIDATE_SCHEMA = cv.All(
    uart.final_validate_device_schema(
        "ir_meter", baud_rate=9600, require_tx=True, require_rx=True
    ),
    validate_keys,
)


def core_files(checkout):
    """The files of this project that go into the build, by their place in a checkout."""
    folders = [checkout / "lib" / name for name in ("link", "meter", "session")]
    files = list((checkout / "lib").glob("*.hpp"))
    for folder in folders:
        files += [*folder.glob("*.hpp"), *folder.glob("*.cpp")]
    return sorted([*files, checkout / "common" / "fault_texts.hpp"])


def copy_core(checkout, source):
    """Copies them to the sources of a build, from which goes what an earlier version left there."""
    files = {source / file.relative_to(checkout): file for file in core_files(checkout)}
    for folder in ("link", "meter", "session"):
        for old in (source / "lib" / folder).glob("*.?pp"):
            if old not in files:
                old.unlink()
    for target, file in files.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        copy_file_if_changed(file, target)


async def to_code(config):
    # Beside the folder of ESPHome's own sources, which it keeps to what it knows.
    copy_core(Path(__file__).resolve().parents[2], Path(CORE.relative_src_path()))
    cg.add_build_flag(f"-DIRMETER_QUANTITIES={len(QUANTITIES)}")
    cg.add_build_flag("-std=gnu++20")

    var = cg.new_Pvariable(config[CONF_ID])
    await cg.register_component(var, config)
    await uart.register_uart_device(var, config)
    cg.add(var.set_key(config[CONF_KEY]))
    cg.add(var.set_poll_interval(config[CONF_INTERVAL]))
    fuse = config[CONF_MAIN_FUSE]
    cg.add(var.set_main_fuse(fuse[CONF_PHASES], fuse[CONF_AMPERES]))
