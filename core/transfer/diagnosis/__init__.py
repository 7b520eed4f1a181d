"""How far data are from what a backbone was trained on, and how well its features transfer."""
