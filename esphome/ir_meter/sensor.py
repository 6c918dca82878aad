"""A sensor for each quantity that a poll brings."""

import esphome.codegen as cg
import esphome.config_validation as cv
from esphome.components import sensor

from . import CONF_IR_METER_ID, IrMeter
from .quantities import QUANTITIES

DEPENDENCIES = ["ir_meter"]

Quantity = cg.global_ns.namespace("irmeter").enum("Quantity", is_class=True)


def schema_of(unit, decimals, device_class, state_class):
    more = {"unit_of_measurement": unit} if unit else {}
    return sensor.sensor_schema(
        accuracy_decimals=decimals,
        device_class=device_class,
        state_class=state_class,
        **more,
    )


CONFIG_SCHEMA = cv.Schema(
    {
        cv.GenerateID(CONF_IR_METER_ID): cv.use_id(IrMeter),
        **{cv.Optional(key): schema_of(*row) for key, row in QUANTITIES.items()},
    }
)


async def to_code(config):
    meter = await cg.get_variable(config[CONF_IR_METER_ID])
    for key in QUANTITIES:
        if key in config:
            var = await sensor.new_sensor(config[key])
            cg.add(meter.add_sensor(getattr(Quantity, key), var))
