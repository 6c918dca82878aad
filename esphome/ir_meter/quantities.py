"""What a poll brings: the quantities that a sensor can be of, and how each is shown.

The names, units and classes are those of common/faces.hpp, which a test compares.
"""

# key: (unit, decimals, device class, state class)
QUANTITIES = {
    "energy_import": ("kWh", 3, "energy", "total"),
    "energy_export": ("kWh", 3, "energy", "total"),
    "power_import": ("W", 0, "power", "measurement"),
    "power_export": ("W", 0, "power", "measurement"),
    "power": ("W", 0, "power", "measurement"),
    "reactive_power_import": ("var", 0, "reactive_power", "measurement"),
    "reactive_power_export": ("var", 0, "reactive_power", "measurement"),
    "current_l1": ("A", 3, "current", "measurement"),
    "current_l2": ("A", 3, "current", "measurement"),
    "current_l3": ("A", 3, "current", "measurement"),
    "voltage_l1": ("V", 3, "voltage", "measurement"),
    "voltage_l2": ("V", 3, "voltage", "measurement"),
    "voltage_l3": ("V", 3, "voltage", "measurement"),
    "power_factor_l1": ("", 3, "power_factor", "measurement"),
    "frequency": ("Hz", 3, "frequency", "measurement"),
    "apparent_power": ("VA", 0, "apparent_power", "measurement"),
}

# Registers, of which a float does not hold every Wh; so their text is there as well.
REGISTERS = [key for key, row in QUANTITIES.items() if row[3] == "total"]
