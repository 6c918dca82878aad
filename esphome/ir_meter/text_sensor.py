"""What people read: the state, what to do about it, and registers to the last Wh."""

import esphome.codegen as cg
import esphome.config_validation as cv
from esphome.components import text_sensor
from esphome.const import CONF_STATE, ENTITY_CATEGORY_DIAGNOSTIC

from . import CONF_IR_METER_ID, IrMeter
from .quantities import REGISTERS
from .sensor import Quantity

DEPENDENCIES = ["ir_meter"]

CONF_WHAT_TO_DO = "what_to_do"
CONF_SERIAL_NUMBER = "serial_number"

CONFIG_SCHEMA = cv.Schema(
    {
        cv.GenerateID(CONF_IR_METER_ID): cv.use_id(IrMeter),
        **{
            cv.Optional(key): text_sensor.text_sensor_schema(
                entity_category=ENTITY_CATEGORY_DIAGNOSTIC
            )
            for key in (CONF_STATE, CONF_WHAT_TO_DO, CONF_SERIAL_NUMBER)
        },
        **{cv.Optional(key): text_sensor.text_sensor_schema() for key in REGISTERS},
    }
)


async def to_code(config):
    meter = await cg.get_variable(config[CONF_IR_METER_ID])
    for key in (CONF_STATE, CONF_WHAT_TO_DO, CONF_SERIAL_NUMBER):
        if key in config:
            var = await text_sensor.new_text_sensor(config[key])
            cg.add(getattr(meter, f"set_{key}")(var))
    for key in REGISTERS:
        if key in config:
            var = await text_sensor.new_text_sensor(config[key])
            cg.add(meter.add_text(getattr(Quantity, key), var))
