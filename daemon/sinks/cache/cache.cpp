#include "daemon/sinks/cache/cache.hpp"

#include <unistd.h>

#include <cerrno>
#include <exception>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "common/files.hpp"
#include "daemon/sinks/reading_json.hpp"
#include "lib/meter/tables.hpp"

namespace irmeterd {
namespace {

constexpr const char* metrics_file = "metrics.prom";

// The first values of a table as a meter sends them, each INT32, little-endian, registers in Wh;
// none where one is absent, or too large for that, as it may be of a meter that counts in 100 Wh.
std::optional<std::string> table_bytes(const irmeter::Values& values, irmeter::Source table,
                                       std::size_t count) {
  std::string bytes(count * irmeter::int32_size, '\0');
  for (const auto& quantity : irmeter::quantities) {
    if (quantity.source != table || quantity.index >= count) {
      continue;
    }
    const auto value = values.get(quantity.id);
    if (!value || *value != static_cast<std::int32_t>(*value)) {
      return std::nullopt;
    }
    for (std::size_t i = 0; i < irmeter::int32_size; ++i) {
      bytes[quantity.index * irmeter::int32_size + i] = static_cast<char>(*value >> 8 * i);
    }
  }
  return bytes;
}

bool same_reading(const MeterSnapshot& before, const MeterSnapshot& after) {
  return before.reading == after.reading && before.read_at == after.read_at &&
         before.stale == after.stale && before.details_at == after.details_at &&
         before.details_stale == after.details_stale && before.identity == after.identity;
}

}  // namespace

Cache::Cache(Loop& loop, std::string directory, const Log& log, Store& store,
             irmeter::Duration metrics_gap)
    : directory_(std::move(directory)),
      log_(log),
      store_(store),
      metrics_(loop, metrics_gap, [this] { write_metrics(); }) {
  store_.add_sink(*this);
}

Cache::~Cache() {
  store_.remove_sink(*this);
  failing_.clear();  // removing files is not "written again"
  for (const auto& [name, meter] : store_.meters()) {
    remove_reading(name);
  }
  guarded(metrics_file, [&] { remove(metrics_file); });
}

void Cache::meter_added(const MeterSnapshot& meter) noexcept {
  guarded(meter.name, [&] { show_reading(meter); });
  metrics_.want();
}

void Cache::meter_changed(const MeterSnapshot& before, const MeterSnapshot& after) noexcept {
  // A file that is written again with the old reading would look new by its time.
  if (failing_.contains(after.name) || !same_reading(before, after)) {
    guarded(after.name, [&] { show_reading(after); });
  }
  metrics_.want();
}

void Cache::meter_removed(const MeterSnapshot& meter) noexcept {
  failing_.erase(meter.name);  // likewise
  remove_reading(meter.name);
  metrics_.want();
}

void Cache::show_reading(const MeterSnapshot& meter) {
  std::exception_ptr failure;  // of one file, which leaves the others as they should be
  const auto show = [&](const std::string& file, const std::optional<std::string>& content) {
    try {
      if (content) {
        write(meter.name + "/" + file, *content);
      } else {
        remove(meter.name + "/" + file);
      }
    } catch (const std::system_error&) {
      failure = std::current_exception();
    }
  };
  const irmeter::Values live = meter.stale ? irmeter::Values{} : meter.reading->values;
  show("BT23", table_bytes(live, irmeter::Source::bt23, 2));
  show("BT28", table_bytes(live, irmeter::Source::bt28, 10));
  show("reading.json", meter.reading ? std::optional(reading_json(meter) + "\n") : std::nullopt);
  if (failure) {
    std::rethrow_exception(failure);
  }
}

void Cache::remove_reading(const std::string& meter) noexcept {
  guarded(meter, [&] {
    for (const char* file : {"BT23", "BT28", "reading.json"}) {
      remove(meter + "/" + file);
      remove(meter + "/" + file + ".new");
    }
    // Stays where somebody else has put something into it.
    (void)rmdir((directory_ + "/" + meter).c_str());
  });
}

void Cache::write_metrics() noexcept {
  guarded(metrics_file, [&] {
    if (store_.meters().empty()) {
      remove(metrics_file);
    } else {
      write(metrics_file, prometheus_text(store_.meters()));
    }
  });
}

void Cache::write(const std::string& name, const std::string& content) {
  const std::string path = directory_ + "/" + name;
  try {
    replace_file(path, content);
  } catch (const std::system_error& error) {
    if (error.code() == std::errc::no_such_file_or_directory) {
      // At first, and where somebody has cleared the folder away.
      std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    }
    // A full disk may have room for the new file once the old one is gone, which nobody keeps true.
    (void)unlink(path.c_str());
    replace_file(path, content);
  }
}

void Cache::remove(const std::string& name) {
  const std::string path = directory_ + "/" + name;
  if (unlink(path.c_str()) != 0 && errno != ENOENT) {
    throw std::system_error(errno, std::generic_category(), path);
  }
}

template <typename Action>
void Cache::guarded(const std::string& name, const Action& action) noexcept {
  try {
    action();
    if (failing_.erase(name) != 0) {
      log_.info(directory_ + "/" + name + " is written again.");
    }
  } catch (const std::exception& error) {
    if (failing_.insert(name).second) {
      log_.warning(std::string("Cannot write the cache: ") + error.what());
    }
  }
}

}  // namespace irmeterd
