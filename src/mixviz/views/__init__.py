"""Panels of the dashboard: each turns a session into a frame; js/views/ draws it."""
