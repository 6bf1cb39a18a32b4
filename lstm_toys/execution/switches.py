"""Configuration switches of JAX and Flax that change the bits of results. Imports nothing heavy."""

import os
import sys
from enum import Enum
from typing import Any

LEAST_DEVICES = 2
"""Fewest devices on a CPU. Training on several curves gives different last bits when compiled for one device than for
several, since XLA orders operations differently before it optimizes."""

UNCOUNTED = frozenset(
    (
        # Logging.
        "jax_captured_constants_report_frames",
        "jax_captured_constants_warn_bytes",
        "jax_check_proxy_envs",
        "jax_compiler_detailed_logging_min_ops",
        "jax_debug_log_modules",
        "jax_distributed_debug",
        "jax_dump_ir_modes",
        "jax_dump_ir_to",
        "jax_explain_cache_misses",
        "jax_include_debug_info_in_dumps",
        "jax_log_checkpoint_residuals",
        "jax_log_compiles",
        "jax_logging_level",
        "jax_pallas_verbose_errors",
        "jax_pprint_use_color",
        "jax_source_url_schema",
        "flax_max_repr_depth",
        "flax_profile",
        # Caches of compiled programs.
        "jax_compilation_cache_check_contents",
        "jax_compilation_cache_dir",
        "jax_compilation_cache_include_metadata_in_key",
        "jax_compilation_cache_max_size",
        "jax_enable_compilation_cache",
        "jax_persistent_cache_enable_xla_caches",
        "jax_persistent_cache_min_compile_time_secs",
        "jax_persistent_cache_min_entry_size_bytes",
        "jax_raise_persistent_cache_errors",
        "flax_use_orbax_checkpointing",
        # Checks that raise or warn.
        "jax_allow_f16_reductions",
        "jax_array_garbage_collection_guard",
        "jax_check_static_indices",
        "jax_check_tracer_leaks",
        "jax_debug_infs",
        "jax_debug_key_reuse",
        "jax_debug_leaked_clients_on_clear_backends",
        "jax_debug_nans",
        "jax_disable_bwd_checks",
        "jax_disable_vmap_shmap_error",
        "jax_disallow_mesh_context_manager",
        "jax_enable_checks",
        "jax_legacy_prng_key",
        "jax_mutable_array_checks",
        "jax_numpy_dtype_promotion",
        "jax_numpy_rank_promotion",
        "jax_thread_guard",
        "jax_transfer_guard",
        "jax_transfer_guard_device_to_device",
        "jax_transfer_guard_device_to_host",
        "jax_transfer_guard_host_to_device",
        # Tracebacks.
        "jax_hlo_source_file_canonicalization_regex",
        "jax_include_full_tracebacks_in_locations",
        "jax_send_traceback_to_runtime",
        "jax_traceback_filtering",
        "jax_traceback_in_locations_limit",
        "jax_tracer_error_num_traceback_frames",
        "flax_filter_frames",
        # Choice of devices, whose kind is in the fingerprint.
        "jax_backend_target",
        "jax_cuda_visible_devices",
        "jax_num_cpu_devices",
        "jax_oneapi_visible_devices",
        "jax_platform_name",
        "jax_platforms",
        "jax_rocm_visible_devices",
        "jax_xla_backend",
    )
)
"""Switches of JAX and Flax that do not change results."""

SWITCHES: dict[str, Any] = {
    **dict.fromkeys(
        (
            "check_vma",
            "eager_constant_folding",
            "flax_array_ref",
            "flax_fix_rng_separator",
            "flax_hijax_variable",
            "flax_preserve_adopted_names",
            "flax_return_frozendict",
            "flax_use_flaxlib",
            "jax2tf_associative_scan_reductions",
            "jax_accurate_erf_inv",
            "jax_bcoo_cusparse_lowering",
            "jax_compilation_cache_expect_pgle",
            "jax_custom_jvp3",
            "jax_custom_vjp3",
            "jax_disable_jit",
            "jax_disable_most_optimizations",
            "jax_distributed_verify_secure_credentials",
            "jax_enable_custom_prng",
            "jax_enable_pgle",
            "jax_enable_recoverability",
            "jax_enable_x64",
            "jax_experimental_unsafe_xla_runtime_errors",
            "jax_export_deserialize_expired_versions",
            "jax_export_ignore_forward_compatibility",
            "jax_force_dcn_cross_host_transfers",
            "jax_high_dynamic_range_gumbel",
            "jax_mosaic_allow_hlo",
            "jax_no_execution",
            "jax_no_tracing",
            "jax_pallas_enable_debug_checks",
            "jax_pallas_poison_buffers",
            "jax_ragged_dot_use_gpu_pallas_triton_lowering",
            "jax_refs_to_pins",
            "jax_remat_barrier_no_cotangents",
            "jax_remat3",
            "jax_remove_custom_partitioning_ptr_from_cache_key",
            "jax_remove_size_one_mesh_axis_from_type",
            "jax_scan3",
            "jax_share_binary_between_hosts",
            "jax_softmax_custom_jvp",
            "jax_threefry_gpu_kernel_lowering",
            "jax_use_cpp_shard_args",
            "jax_use_emit_pipeline_primitive",
            "jax_use_simplified_jaxpr_constants",
            "nnx_sow_capture_noop",
        ),
        False,
    ),
    **dict.fromkeys(
        (
            "flax_always_shard_variable",
            "flax_pytree_module",
            "jax2tf_default_native_serialization",
            "jax_auto_pcast",
            "jax_compiler_enable_remat_pass",
            "jax_cpu_enable_async_dispatch",
            "jax_enable_preemption_service",
            "jax_mosaic_unzip_debug_locations",
            "jax_pallas_use_mosaic_gpu",
            "jax_raise_on_ppermute_sort_diff",
            "jax_ragged_dot_use_ragged_dot_instruction",
            "jax_sort_devices_by_process_index",
            "jax_threefry_partitionable",
            "jax_use_direct_linearize",
            "jax_use_rgv3",
            "jax_use_shardy_partitioner",
            "nnx_graph_mode",
            "nnx_graph_updates",
        ),
        True,
    ),
    "jax_cpu_collectives_implementation": "gloo",
    "jax_cpu_get_global_topology_timeout_minutes": 5,
    "jax_cpu_get_local_topology_timeout_minutes": 2,
    "jax_cross_host_transfer_socket_address": "",
    "jax_cross_host_transfer_timeout_seconds": None,
    "jax_cross_host_transfer_transfer_size": None,
    "jax_cross_host_transport_addresses": "",
    "jax_default_device": None,
    "jax_default_matmul_precision": None,
    "jax_default_prng_impl": "threefry2x32",
    "jax_embedded_constants_max_bytes": 32,
    "jax_error_checking_behavior_divide": "ignore",
    "jax_error_checking_behavior_nan": "ignore",
    "jax_error_checking_behavior_oob": "ignore",
    "jax_exec_time_optimization_effort": 0.0,
    "jax_explicit_x64_dtypes": "warn",
    "jax_export_calling_convention_version": 10,
    "jax_memory_fitting_effort": 0.0,
    "jax_memory_fitting_level": "O2",
    "jax_mock_gpu_topology": "",
    "jax_mtls_ca_file": None,
    "jax_mtls_cert_file": None,
    "jax_mtls_key_file": None,
    "jax_mtls_peer_uri_prefix": None,
    "jax_optimization_level": "UNKNOWN",
    "jax_pallas_auto_assign_collective_ids": "no",
    "jax_pallas_auto_assign_collective_ids_limit": 25,
    "jax_pgle_aggregation_percentile": 90,
    "jax_pgle_profiling_runs": 3,
    "jax_pjrt_client_create_options": None,
    "jax_random_seed_offset": 0,
    "jax_serialization_version": 0,
    "jax_share_binary_between_hosts_timeout_ms": 1200000,
    "jax_use_hlo_logistic_lowering": None,
    "jax_use_magma": "auto",
    "jax_xla_profile_version": 0,
    "mock_num_gpu_processes": 0,
}
"""All other switches of any supported JAX, with their defaults; other values are part of the fingerprint."""

UNREAD = frozenset(
    (
        "jax_cpu_enable_async_dispatch",
        "jax_cross_host_transfer_socket_address",
        "jax_cross_host_transfer_timeout_seconds",
        "jax_cross_host_transfer_transfer_size",
        "jax_cross_host_transport_addresses",
        "jax_force_dcn_cross_host_transfers",
        "jax_mock_gpu_topology",
        "jax_sort_devices_by_process_index",
        "jax_use_hlo_logistic_lowering",
        "mock_num_gpu_processes",
    )
)
"""Switches without an environment variable; the variable of every other switch is its name in capitals."""

TRUTH = dict.fromkeys(("y", "yes", "t", "true", "on", "1"), True) | dict.fromkeys(
    ("n", "no", "f", "false", "off", "0"), False
)
"""Truth values of environment variables, in lower case, as JAX and Flax read them."""


def switches() -> dict[str, Any]:
    """Returns the `SWITCHES` that differ from their defaults, as JSON values.

    They are read from JAX and Flax if these are loaded, otherwise from the environment. A variable that is neither in
    `SWITCHES` nor in `UNCOUNTED` is ignored; if a later JAX has a switch of this name, `devices.start` refuses it.
    """
    values = {name: _read(name, default) for name, default in SWITCHES.items()} | _loaded()
    plain = {name: _plain(values[name]) for name in SWITCHES}
    return {name: value for name, value in plain.items() if value != _plain(SWITCHES[name])}


def _loaded() -> dict[str, Any]:
    """The current switches of JAX and Flax, if they are loaded."""
    jax, flax = (getattr(sys.modules.get(name), "config", None) for name in ("jax", "flax.configurations"))
    values = {} if flax is None else {name: getattr(flax, name) for name in SWITCHES if hasattr(flax, name)}
    return values if jax is None else values | jax.values


def environment() -> dict[str, Any]:
    """Returns the `SWITCHES` that the environment sets to values other than their defaults."""
    plain = {name: _plain(_read(name, default)) for name, default in SWITCHES.items()}
    return {name: value for name, value in plain.items() if value != _plain(SWITCHES[name])}


def _read(name: str, default: Any) -> Any:
    """Reads a switch from the environment; invalid text stays text."""
    text = os.environ.get(name.upper())
    if text is None or name in UNREAD:
        return default
    try:
        if isinstance(default, bool):
            return TRUTH[text.lower()]
        return text if default is None else type(default)(text)
    except (KeyError, ValueError):
        return text


def _plain(value: Any) -> bool | int | str | None:
    """Converts the value of a switch, such as a device or an enumeration's member, to JSON."""
    if isinstance(value, Enum):
        return value.name.lower()
    return value if value is None or isinstance(value, bool | int | str) else str(value)
