#include "lib/trace/text.hpp"

#include "lib/meter/tables.hpp"
#include "lib/session/service.hpp"

namespace irmeter {
namespace {

unsigned number(ByteView bytes, std::size_t at, std::size_t count) {
  unsigned value = 0;
  for (const std::uint8_t byte : bytes.subspan(at, count)) {
    value = value << 8U | byte;
  }
  return value;
}

bool is_full_read(ByteView request) {
  return request.size() == 3 && request[0] == service_code::full_read;
}

std::string table_asked(ByteView request) {
  return table_name(static_cast<TableId>(number(request, 1, 2)));
}

bool is_read(std::uint8_t code) {
  return code >= service_code::full_read && code <= service_code::read_by_offset;
}

bool is_negotiate(std::uint8_t code) {
  return code >= service_code::first_negotiate && code <= service_code::last_negotiate;
}

std::string packets_text(unsigned size, unsigned count) {
  return std::to_string(count) + (count == 1 ? " packet of " : " packets of ") +
         std::to_string(size) + " bytes";
}

std::string read_text(const TableRead& read) {
  return table_name(read.table) + " " + std::to_string(read.offset) + "+" +
         std::to_string(read.count);
}

std::string int32_text(ByteView data) {
  std::string text;
  for (std::size_t i = 0; const auto value = int32_at(data, i); ++i) {
    text += (text.empty() ? "" : " ") + std::to_string(*value);
  }
  return text;
}

std::string identity_text(ByteView data) {
  const auto identity = decode_bt01(data);
  return identity ? identity->manufacturer + " " + identity->model + ", firmware " +
                        identity->firmware_version + ", serial number " + identity->serial_number
                  : std::string();
}

std::string dimensions_text(ByteView data) {
  const auto dimensions = decode_dimensions(data);
  return dimensions ? std::to_string(dimensions->summations) + " summations, " +
                          std::to_string(dimensions->present_values) + " present values"
                    : std::string();
}

std::string data_text(ByteView data, const TableRead& read) {
  if (read.table == bt23 || read.table == bt28) {
    return int32_text(data);
  }
  if (read.offset != 0) {
    return {};
  }
  switch (read.table) {
    case bt01:
      return identity_text(data);
    case bt20:
    case bt21:
      return dimensions_text(data);
    case et03:
      return decode_et03(data);
    default:
      return {};
  }
}

std::string describe_table(ByteView response, ByteView request) {
  const auto data = parse_table(response);
  if (!data) {
    return "ok, but " + data.error().what;
  }
  const std::string size = "ok, " + count_text(data->size());
  const auto read = asked_for(request);
  if (!read) {
    return size + (is_full_read(request) ? " of " + table_asked(request) : "");
  }
  if (read->count != data->size()) {
    return size + ", not those of " + read_text(*read);
  }
  const std::string text = data_text(*data, *read);
  return size + " of " + table_name(read->table) + (text.empty() ? "" : ": " + text);
}

}  // namespace

std::string count_text(std::size_t bytes) {
  return std::to_string(bytes) + (bytes == 1 ? " byte" : " bytes");
}

bool is_public(ByteView request) {
  const std::uint8_t code = request[0];
  switch (code) {
    case service_code::identification:
    case service_code::terminate:
    case service_code::logon:
    case service_code::logoff:
    case service_code::wait:
      return true;
    default:
      return is_read(code) || is_negotiate(code);
  }
}

std::optional<TableRead> asked_for(ByteView request) {
  if (request.size() != 8 || request[0] != service_code::read_by_offset) {
    return std::nullopt;
  }
  return TableRead{static_cast<TableId>(number(request, 1, 2)), number(request, 3, 3),
                   static_cast<std::uint16_t>(number(request, 6, 2))};
}

std::string describe_request(ByteView request) {
  const std::uint8_t code = request[0];
  if (const auto read = asked_for(request)) {
    return "read " + read_text(*read);
  }
  if (is_full_read(request)) {
    return "read " + table_asked(request);
  }
  if (is_negotiate(code) && request.size() >= 4) {
    return "negotiate " + packets_text(number(request, 1, 2), request[3]);
  }
  switch (code) {
    case service_code::identification:
      return "identify";
    case service_code::terminate:
      return "terminate";
    case service_code::logon:
      return "log on";
    case service_code::security:
      return "security";
    case service_code::logoff:
      return "log off";
    case service_code::wait:
      return "wait";
    default:
      return "another request";
  }
}

std::string describe_response(ByteView response, ByteView request) {
  if (response[0] != static_cast<std::uint8_t>(ResponseCode::ok)) {
    return describe(response[0]);
  }
  const std::uint8_t code = request.empty() ? std::uint8_t{0} : request[0];
  if (response.size() == 1) {
    return "ok";
  }
  if (is_read(code)) {
    return describe_table(response, request);
  }
  if (code == service_code::identification && parse_identification(response)) {
    return "ok, standard " + std::to_string(response[1]) + ", version " +
           std::to_string(response[2]) + "." + std::to_string(response[3]);
  }
  if (is_negotiate(code) && response.size() >= 4) {
    return "ok, " + packets_text(number(response, 1, 2), response[3]);
  }
  return "ok and " + count_text(response.size() - 1);
}

}  // namespace irmeter
