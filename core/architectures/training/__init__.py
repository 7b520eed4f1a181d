"""How the embedded networks are trained, judged and calibrated; nothing that the app needs to run."""
