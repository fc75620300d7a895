# One helper per kind of target, so that warnings, sanitizers and include paths are said once.

# -Wrestrict misfires in g++ 12 on a literal + std::to_string (GCC bug 105651).
add_library(cqrs_options INTERFACE)
target_include_directories(cqrs_options INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(cqrs_options INTERFACE
  -Wall -Wextra -Wpedantic -Wnon-virtual-dtor -Woverloaded-virtual -Wformat=2 -Wundef
  -Wextra-semi -Wmissing-declarations -Wno-restrict $<$<BOOL:${CQRS_WERROR}>:-Werror>)
if(CQRS_SANITIZE)
  list(JOIN CQRS_SANITIZE "," sanitizers)
  target_compile_options(cqrs_options INTERFACE -fsanitize=${sanitizers}
    -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(cqrs_options INTERFACE -fsanitize=${sanitizers})
  if("thread" IN_LIST CQRS_SANITIZE)
    # Asio's memory fences, which the thread sanitizer cannot see; g++ 12 warns of each.
    target_compile_options(cqrs_options INTERFACE -Wno-tsan)
  endif()
endif()
if(CQRS_MOLD)
  target_link_options(cqrs_options INTERFACE -fuse-ld=mold)
endif()

# The stricter list: everything but tests, whose macros cannot keep it.
add_library(cqrs_strict INTERFACE)
target_link_libraries(cqrs_strict INTERFACE cqrs_options)
target_compile_options(cqrs_strict INTERFACE
  -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast -Wcast-qual -Wduplicated-cond
  -Wduplicated-branches -Wlogical-op -Wuseless-cast)

# cqrs_library(NAME SOURCES … HEADERS … DEPENDS …): a static library cqrs_NAME, alias cqrs::NAME.
# Headers are listed so that each is compiled alone (all_verify_interface_header_sets).
function(cqrs_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;HEADERS;DEPENDS" ${ARGN})
  add_library(cqrs_${name} STATIC ${ARG_SOURCES})
  add_library(cqrs::${name} ALIAS cqrs_${name})
  target_sources(cqrs_${name} PUBLIC FILE_SET HEADERS BASE_DIRS ${CMAKE_SOURCE_DIR}
    FILES ${ARG_HEADERS})
  target_link_libraries(cqrs_${name} PUBLIC ${ARG_DEPENDS} cqrs_options PRIVATE cqrs_strict)
endfunction()

function(cqrs_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_DEPENDS} cqrs_strict)
endfunction()
